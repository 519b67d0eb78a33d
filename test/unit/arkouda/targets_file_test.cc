// Targets files with what must be read in them: NAME.good.json or NAME.bad.json beside
// NAME.good.txt or NAME.bad.txt; in YAML the same lines are the comment that the file begins with.
// A line is "LINE: ADDRESS is NAME LABEL=VALUE…" for a target and "LINE: FAULT", or how that
// begins, for what is wrong. A new case is these files.

#include "exporter/arkouda/targets_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <regex>
#include <string>
#include <vector>

#include "test/support/process.h"
#include "test/unit/cases.h"

namespace arkouda_exporter {
namespace {

namespace fs = std::filesystem;
using ::testing::StartsWith;

const EntryRules kRules = {.reserved_labels = {"command", "locale_name"}};

DocumentFormat FormatOf(const fs::path& path) {
  return path.extension() == ".json" ? DocumentFormat::kJson : DocumentFormat::kYaml;
}

tl::expected<ParsedTargets, TargetsFault> Parse(std::string_view text, DocumentFormat format) {
  return ParseTargets(text, format, "file", kRules);
}

std::vector<std::string> LinesOf(const tl::expected<ParsedTargets, TargetsFault>& parsed) {
  std::vector<std::string> lines;
  const auto add = [&](const Place& place, std::string_view what) {
    EXPECT_EQ(place.source, "file");
    lines.push_back(fmt::format("{}: {}", place.line, what));
  };
  if (!parsed) {
    add(parsed.error().place, parsed.error().reason);
    return lines;
  }
  for (const auto& [target, place] : parsed->targets) {
    std::string what = target.address.ToString() + " is " + target.server_name;
    for (const auto& [name, value] : target.labels) what += fmt::format(" {}={}", name, value);
    what = std::regex_replace(what, std::regex("\n"), R"(\n)");
    add(place, what);
  }
  for (const TargetsFault& fault : parsed->faults.first) add(fault.place, fault.reason);
  if (parsed->faults.more > 0) lines.push_back(fmt::format("and {} more", parsed->faults.more));
  return lines;
}

std::vector<fs::path> Cases() {
  return testing::CasesIn("targets",
                          [](const fs::path& path) { return path.extension() != ".txt"; });
}

std::vector<std::string> ExpectedLines(const fs::path& path) {
  if (FormatOf(path) == DocumentFormat::kJson) {
    return testing::Lines(testing::ReadCase(fs::path(path).replace_extension(".txt")));
  }
  return testing::FirstComment(testing::ReadCase(path));
}

class TargetsFileCaseTest : public ::testing::TestWithParam<fs::path> {};

TEST_P(TargetsFileCaseTest, IsReadAsItSays) {
  const std::vector<std::string> expected = ExpectedLines(GetParam());
  const auto parsed = Parse(testing::ReadCase(GetParam()), FormatOf(GetParam()));
  const std::vector<std::string> actual = LinesOf(parsed);
  ASSERT_EQ(actual.size(), expected.size()) << ::testing::PrintToString(actual);
  for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_THAT(actual[i], StartsWith(expected[i]));
  const bool is_good = parsed && parsed->faults.empty();
  EXPECT_EQ(is_good, GetParam().stem().extension() == ".good");
}

INSTANTIATE_TEST_SUITE_P(Data, TargetsFileCaseTest, ::testing::ValuesIn(Cases()),
                         testing::CaseName<fs::path>);

TEST(TargetsFileTest, MoreTargetsThanCanBeWatchedAreLeftOut) {
  std::string text = R"([{"targets": [)";
  for (std::size_t i = 0; i < kMostTargets; ++i) text += fmt::format(R"("node{}:5556",)", i);
  text += "\n\"one-more:5556\"]}]";
  const auto parsed = Parse(text, DocumentFormat::kJson).value();
  EXPECT_EQ(parsed.targets.size(), kMostTargets);
  ASSERT_EQ(parsed.faults.first.size(), 1U);
  EXPECT_EQ(parsed.faults.first[0].place.line, 2U);
  EXPECT_EQ(parsed.faults.first[0].reason, "target one-more:5556: the file has more than 10000");
}

TEST(TargetsFileTest, AnEntryThatIsEndlessIsRefusedAsAWhole) {
  std::string text = "[{\"targets\": [";
  for (int i = 0; i < 200'000; ++i) text += "[],";
  const auto parsed = Parse(text, DocumentFormat::kJson);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().reason,
            "an element of a list has more than 100000 values, expected at most 100000");
}

TEST(TargetsFileTest, NoTextIsTooOddToBeRead) {
  std::mt19937 random(4711);
  const auto below = [&](std::size_t end) { return random() % end; };
  for (const fs::path& path : Cases()) {
    const std::string good = testing::ReadCase(path);
    if (good.empty() || good.size() > 10'000) continue;
    SCOPED_TRACE(path);
    for (int i = 0; i < 300; ++i) {
      std::string text = good;
      for (std::size_t changes = 1 + below(4); changes > 0 && !text.empty(); --changes) {
        constexpr std::string_view kSyntax = "[]{}:,\"'\n-#&*!?|>%@`\\ \t0";
        const std::size_t place = below(text.size());
        switch (below(4)) {
          case 0:
            text[place] = static_cast<char>(below(256));
            break;
          case 1:
            text.erase(place, 1 + below(10));
            break;
          case 2:
            text.insert(place, text.substr(below(text.size()), 1 + below(40)));
            break;
          default:
            text.insert(place, 1, kSyntax[below(kSyntax.size())]);
        }
      }
      const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
      const auto parsed = Parse(text, FormatOf(path));
      if (!parsed) {
        EXPECT_LE(parsed.error().place.line, lines) << text;
        EXPECT_FALSE(parsed.error().reason.empty()) << text;
        continue;
      }
      for (const TargetsFault& fault : parsed->faults.first) {
        EXPECT_GE(fault.place.line, 1U) << text;
        EXPECT_LE(fault.place.line, lines) << text;
      }
    }
  }
}

PlacedTarget Placed(const std::string& address, const std::string& name, std::size_t line,
                    std::map<std::string, std::string> labels = {}) {
  return {.target = {.address = HostPort::Parse(address).value(),
                     .server_name = name,
                     .labels = std::move(labels)},
          .place = {.source = "file", .line = line}};
}

TEST(TargetsMergeTest, OfTwoTargetsWithOneAddressTheFirstIsWatched) {
  const auto merged = Merge({Placed("node17:5556", "alice", 1), Placed("node17:5556", "bob", 2),
                             Placed("node17:5557", "carol", 3)});
  ASSERT_EQ(merged.targets.size(), 2U);
  EXPECT_EQ(merged.targets[0].target.server_name, "alice");
  EXPECT_EQ(merged.targets[1].target.server_name, "carol");
  ASSERT_EQ(merged.faults.size(), 1U);
  EXPECT_EQ(merged.faults[0].place.ToString(), "file:2");
  EXPECT_EQ(merged.faults[0].reason,
            "target node17:5556: file:1 has the same address, expected each address once");
}

TEST(TargetsMergeTest, AnAddressMayBeWrittenInSeveralWays) {
  for (const auto& [first, second] :
       std::vector<std::pair<std::string, std::string>>{{"node17.example:1", "Node17.Example.:1"},
                                                        {"[fd00::7]:1", "[FD00:0:0:0:0:0:0:7]:1"},
                                                        {"[fe80::1%eth0]:1", "[FE80:0::1%eth0]:1"},
                                                        {"10.0.0.7:1", "[::ffff:10.0.0.7]:1"}}) {
    EXPECT_EQ(Merge({Placed(first, "a", 1), Placed(second, "b", 2)}).faults.size(), 1U) << second;
  }
  EXPECT_TRUE(Merge({Placed("[fe80::1%eth0]:1", "a", 1), Placed("[fe80::1%eth1]:1", "b", 2)})
                  .faults.empty());
}

TEST(TargetsMergeTest, OfTwoTargetsWithTheSameLabelsTheFirstIsWatched) {
  const auto merged =
      Merge({Placed("node17:1", "alice", 1, {{"job_id", "1"}}),
             Placed("node18:1", "alice", 2, {{"job_id", "2"}}),
             Placed("node19:1", "alice", 3, {{"job_id", "1"}}), Placed("node20:1", "alice", 4)});
  EXPECT_EQ(merged.targets.size(), 3U);
  ASSERT_EQ(merged.faults.size(), 1U);
  EXPECT_EQ(merged.faults[0].place.line, 3U);
  EXPECT_EQ(merged.faults[0].reason,
            "target node19:1: file:1 has the same arkouda_server_name alice and the same labels, "
            "expected a difference");
}

TEST(TargetsMergeTest, WhatIsLeftOutStandsInNobodysWay) {
  // The second has the first one's address, and so the third may have its name.
  const auto merged =
      Merge({Placed("node17:1", "a", 1), Placed("node17:1", "b", 2), Placed("node18:1", "b", 3)});
  EXPECT_EQ(merged.targets.size(), 2U);
  EXPECT_EQ(merged.faults.size(), 1U);
}

TEST(TargetsMergeTest, WhatThereIsNoRoomForIsLeftOut) {
  const auto merged = Merge({Placed("node17:1", "a", 1), Placed("node18:1", "b", 2)}, 1);
  EXPECT_EQ(merged.targets.size(), 1U);
  ASSERT_EQ(merged.faults.size(), 1U);
  EXPECT_EQ(merged.faults[0].place.ToString(), "file:2");
  EXPECT_EQ(merged.faults[0].reason,
            "target node18:1: there are more than 1 in all, expected a higher limit of open files "
            "(ulimit -n, LimitNOFILE)");
}

TEST(TargetsFile, EntriesNameAllowedServersAlone) {
  EntryRules rules = kRules;
  rules.allowed = {TargetPattern::Parse("node*:5556-5655").value(),
                   TargetPattern::Parse("10.1.0.0/16:*").value()};
  const auto parsed = ParseTargets(
      "- targets: [node17:5556, 'login1:5556', node17:22, '10.1.2.3:1', '169.254.169.254:80']",
      DocumentFormat::kYaml, "file", rules);
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->targets.size(), 2U);
  EXPECT_EQ(parsed->targets[0].target.address.ToString(), "node17:5556");
  EXPECT_EQ(parsed->targets[1].target.address.ToString(), "10.1.2.3:1");
  ASSERT_EQ(parsed->faults.size(), 3U);
  EXPECT_EQ(parsed->faults.first[1].reason,
            "target node17:22: expected one that a pattern of --arkouda.targets-allow lets in");
}

TEST(TargetsFile, NoEntrySaysThatItIsAnothers) {
  const auto parsed = ParseTargets(
      "- targets: [node1:1]\n"
      "- targets: [node2:1]\n"
      "  labels: {slurm_user: alice, slurm_job_id: '1'}\n"
      "- targets: [node3:1]\n"
      "  labels: {slurm_user: bob}\n"
      "- targets: [node4:1]\n"
      "  labels: {slurm_user: ''}\n",
      DocumentFormat::kYaml, "file", kRules, FixedLabel{.name = "slurm_user", .value = "alice"});
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->targets.size(), 2U);
  for (const PlacedTarget& placed : parsed->targets) {
    EXPECT_EQ(placed.target.labels.at("slurm_user"), "alice");
  }
  ASSERT_EQ(parsed->faults.size(), 2U);
  EXPECT_EQ(parsed->faults.first[0].place.line, 5U);
  EXPECT_EQ(parsed->faults.first[0].reason,
            "label slurm_user: its value is bob, expected alice, to whom the file belongs, or "
            "no such label");
}

}  // namespace
}  // namespace arkouda_exporter
