#include "exporter/metrics/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "exporter/metrics/exposition.h"

namespace arkouda_exporter {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::shared_ptr<const Snapshot> MakeSnapshot(const std::string& name, double value,
                                             std::size_t commands = 0) {
  Samples samples;
  const auto add = [&](FamilyId family, const Entries::Texts& texts) {
    samples.Of(family).push_back(samples.entries().Add({}, {}, value, texts));
  };
  add(FamilyId::kTotalNumberOfRequests, {});
  add(FamilyId::kNumberOfConnections, {});
  for (std::size_t i = 0; i < commands; ++i) {
    add(FamilyId::kResponseTimesPerCommand, {std::to_string(i)});
  }
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->arkouda = std::make_shared<const Lines>(RenderSamples(samples, TargetLabels(name, {})));
  return snapshot;
}

TEST(Page, GroupsTheLinesOfSeveralTargetsByFamily) {
  const std::string text =
      Page({MakeSnapshot("a", 1), std::make_shared<const Snapshot>(), MakeSnapshot("b", 2)}).Text();
  const auto position = [&](const std::string& line) {
    const std::size_t found = text.find(line);
    EXPECT_NE(found, std::string::npos) << line;
    return found;
  };
  EXPECT_LT(position("arkouda_total_number_of_requests{arkouda_server_name=\"a\"} 1\n"),
            position("arkouda_total_number_of_requests{arkouda_server_name=\"b\"} 2\n"));
  EXPECT_LT(position("arkouda_total_number_of_requests{arkouda_server_name=\"b\"} 2\n"),
            position("# HELP arkouda_number_of_connections"));
  EXPECT_EQ(text.find("# HELP arkouda_number_of_connections"),
            text.rfind("# HELP arkouda_number_of_connections"));
  EXPECT_EQ(text.find("arkouda_number_of_errors_per_error_type"), std::string::npos);
}

TEST(Page, LargeBlocksStandWhereTheyBelong) {
  constexpr std::size_t kMany = 20'000;
  const std::string text = Page({MakeSnapshot("a", 1, kMany), MakeSnapshot("b", 2, kMany)}).Text();
  std::string expected;
  for (const char* target : {"a", "b"}) {
    for (std::size_t i = 0; i < kMany; ++i) {
      expected += "arkouda_response_times_per_command{arkouda_server_name=\"" +
                  std::string(target) + "\",command=\"" + std::to_string(i) + "\"} " +
                  (*target == 'a' ? "1" : "2") + "\n";
    }
  }
  const std::size_t begin = text.find("arkouda_response_times_per_command{");
  ASSERT_NE(begin, std::string::npos);
  EXPECT_EQ(text.substr(begin, text.find("# HELP", begin) - begin), expected);
}

TEST(LatestPage, IsOfTheBoardAsItIsNow) {
  Board board;
  LatestPage page(board);
  EXPECT_EQ(page.Get()->Text(), "");
  board.Set("a:1", MakeSnapshot("a", 1));
  EXPECT_THAT(page.Get()->Text(), HasSubstr("{arkouda_server_name=\"a\"} 1\n"));
  board.Set("a:1", MakeSnapshot("a", 2));
  board.Set("b:1", MakeSnapshot("b", 3));
  const auto latest = page.Get();
  EXPECT_THAT(latest->Text(), HasSubstr("{arkouda_server_name=\"a\"} 2\n"));
  EXPECT_THAT(latest->Text(), HasSubstr("{arkouda_server_name=\"b\"} 3\n"));
  EXPECT_EQ(page.Get(), latest) << "it is put together once";
  page.Forget();
  EXPECT_EQ(page.Get()->Text(), latest->Text());
  board.Remove("a:1");
  EXPECT_THAT(page.Get()->Text(), Not(HasSubstr("arkouda_server_name=\"a\"")));
}

}  // namespace
}  // namespace arkouda_exporter
