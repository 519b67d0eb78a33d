#include "exporter/metrics/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>
#include <vector>

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

TEST(Page, OpenMetricsHasTheSameLinesAndAnEnd) {
  const std::vector<Board::Entry> targets = {MakeSnapshot("a", 1, 20'000), MakeSnapshot("b", 2)};
  const auto lines = [](const std::string& page) {
    std::string series;
    std::istringstream stream(page);
    for (std::string line; std::getline(stream, line);) {
      if (!line.starts_with('#')) series += line + "\n";
    }
    return series;
  };
  const std::string text = Page(targets).Text();
  const std::string open = Page(targets, {.format = ExpositionFormat::kOpenMetrics}).Text();
  EXPECT_EQ(lines(open), lines(text));
  EXPECT_TRUE(open.ends_with("\n# EOF\n"));
  EXPECT_THAT(text, Not(HasSubstr("# EOF")));
}

TEST(Page, HasOnlyTheFamiliesThatAreWanted) {
  const std::string text =
      Page({MakeSnapshot("a", 1)}, {.names = {"arkouda_number_of_connections", "no_such"}}).Text();
  EXPECT_EQ(text,
            "# HELP arkouda_number_of_connections Clients connected to the Arkouda server.\n"
            "# TYPE arkouda_number_of_connections gauge\n"
            "arkouda_number_of_connections{arkouda_server_name=\"a\"} 1\n");
}

TEST(Page, IsCompressedOnce) {
  const Page page({MakeSnapshot("a", 1)});
  EXPECT_EQ(&page.Compressed(), &page.Compressed());
}

TEST(LatestPage, KeepsAPageForEachSelectionButNotForEveryInventedOne) {
  Board board;
  board.Set("a:1", MakeSnapshot("a", 1));
  LatestPage page(board);
  const PageSelection open = {.format = ExpositionFormat::kOpenMetrics};
  const auto text_page = page.Get();
  const auto open_page = page.Get(open);
  EXPECT_NE(open_page, text_page);
  EXPECT_EQ(page.Get(), text_page);
  EXPECT_EQ(page.Get(open), open_page);
  const std::weak_ptr<const Page> chosen = page.Get({.names = {"arkouda_up"}});
  EXPECT_FALSE(chosen.expired());
  for (int i = 0; i < 100; ++i) {
    page.Get({.names = {"arkouda_up", "invented" + std::to_string(i)}});
    page.Get({.names = {"invented" + std::to_string(i)}});
  }
  EXPECT_EQ(page.Get({.names = {"invented", "arkouda_up"}}), chosen.lock());
  for (const Family& family : Families()) page.Get({.names = {std::string(family.name)}});
  EXPECT_TRUE(chosen.expired());
  EXPECT_EQ(page.Get(), text_page) << "what everybody asks for stays";
  EXPECT_EQ(page.Get(open), open_page);
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

TEST(TargetPages, KeepsAPageUntilSomethingNewerIsKnownOrManyOthersWereAskedFor) {
  TargetPages pages;
  const Board::Entry target = MakeSnapshot("a", 1);
  const auto page = pages.Get("a:1", target, {});
  EXPECT_THAT(page->Text(), HasSubstr("{arkouda_server_name=\"a\"} 1\n"));
  EXPECT_EQ(pages.Get("a:1", target, {}), page);
  EXPECT_NE(pages.Get("a:1", target, {.format = ExpositionFormat::kOpenMetrics}), page);
  EXPECT_NE(pages.Get("a:1", MakeSnapshot("a", 1), {}), page) << "another snapshot is another time";
  pages.Forget("a:1");
  EXPECT_EQ(target.use_count(), 2) << "here, and in the page";
  const auto again = pages.Get("a:1", target, {});
  EXPECT_NE(again, page);
  for (int i = 0; i < 100; ++i) pages.Get("b:1", MakeSnapshot("b", i), {});
  EXPECT_NE(pages.Get("a:1", target, {}), again);
}

}  // namespace
}  // namespace arkouda_exporter
