// Replies with the page that they must give: NAME.json is the text of an ALL reply, NAME.info.json
// that of SERVER_INFO where there is one, NAME.prom the lines of Arkouda's families. A new case is
// these files; UPDATE_GOLDEN=1 in the environment writes the pages that are there.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "test/unit/cases.h"
#include "test/unit/known_target.h"

namespace arkouda_exporter {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::vector<std::string> Cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(TEST_DATA) / "replies")) {
    const fs::path& path = entry.path();
    if (path.extension() == ".json" && path.stem().extension() != ".info") {
      names.push_back(path.stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, ReplyGivesThePage) {
  const fs::path base = fs::path(TEST_DATA) / "replies" / GetParam();
  testing::KnownTarget target;
  const std::string info = ReadFile(base.string() + ".info.json");
  if (!info.empty()) {
    ASSERT_TRUE(target.Inform(info));
  }
  ASSERT_EQ(target.Poll(ReadFile(base.string() + ".json")), PollResult::kSuccess);
  // Behind Arkouda's families come the exporter's own, which aren't a matter of the reply.
  const std::string page = target.page().substr(0, target.page().find("# HELP arkouda_exporter_"));
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(base.string() + ".prom") << page;
  EXPECT_EQ(page, ReadFile(base.string() + ".prom"));
}

INSTANTIATE_TEST_SUITE_P(Replies, Golden, ::testing::ValuesIn(Cases()),
                         testing::CaseName<std::string>);

}  // namespace
}  // namespace arkouda_exporter
