#include "exporter/arkouda/targets_in_force.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "test/support/log_lines.h"
#include "test/support/temp_dir.h"

namespace arkouda_exporter {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::LinesSaying;
using ::testing::StartsWith;
using testing::TempDir;

constexpr const char* kFileInForce = "targets file is in force";
constexpr const char* kFileBroken =
    "targets file can't be used, what it said before stays in force";
constexpr const char* kEntryLeftOut = "entry of a targets file is left out";
constexpr const char* kGoodAgain = "targets file is good again";

std::string Json(const std::string& address) { return R"([{"targets": [")" + address + R"("]}])"; }

class TargetsInForceTest : public ::testing::Test {
 protected:
  /// Reads what is there now, and logs what changed. Returns the addresses in force.
  std::vector<std::string> Read() {
    const TargetsInForce before = std::exchange(state_, {});
    now_ += std::chrono::seconds(1);
    ::testing::internal::CaptureStderr();
    state_ = ReadTargets(sources_, before, now_);
    LogChanges(before, state_);
    log_ = ::testing::internal::GetCapturedStderr();
    std::vector<std::string> addresses;
    for (const PlacedTarget& placed : state_.targets) {
      addresses.push_back(placed.target.address.ToString());
    }
    return addresses;
  }

  void AddPattern(const std::string& path) {
    sources_.patterns.push_back(TargetsPattern::Parse(path).value());
  }

  std::vector<testing::LogLine> Log(std::string_view message) const {
    return LinesSaying(log_, message);
  }

  TempDir dir_;
  TargetSources sources_;
  TargetsInForce state_;
  std::string log_;
  std::chrono::system_clock::time_point now_{};
};

TEST_F(TargetsInForceTest, ANameSaysWhatFormatAFileHas) {
  for (const std::string good : {"a.json", "a.yml", "/etc/*/a-*.yaml", "A.JSON"}) {
    EXPECT_TRUE(TargetsPattern::Parse(good)) << good;
  }
  for (const std::string bad : {"", "a", "a.*", "a.txt", "/etc/targets/", "a.json.bak"}) {
    const auto pattern = TargetsPattern::Parse(bad);
    ASSERT_FALSE(pattern) << bad;
    EXPECT_THAT(pattern.error(), HasSubstr(".json, .yml or .yaml"));
  }
  EXPECT_EQ(TargetsPattern::Parse("./x//y/./a.yml")->path, "x/y/a.yml");
  EXPECT_EQ(TargetsPattern::Parse("a.json")->format, DocumentFormat::kJson);
  EXPECT_EQ(TargetsPattern::Parse("a.yaml")->format, DocumentFormat::kYaml);
}

TEST_F(TargetsInForceTest, FilesComeInTheOrderOfPatternsAndNames) {
  fs::create_directory(dir_.path() / "team-a");
  fs::create_directory(dir_.path() / "team-b");
  fs::create_directory(dir_.path() / ".hidden");
  for (const std::string name : {"team-b/1.json", "team-a/2.json", "team-a/1.json", "last.json",
                                 ".hidden/1.json", "team-a/.swap.json"}) {
    std::string host = name;
    std::replace(host.begin(), host.end(), '/', '.');
    dir_.Write(name, Json("x" + host + ":1"));
  }
  dir_.Write("team-a/notes.txt", "no targets");
  AddPattern((dir_.path() / "*/*.json").string());
  AddPattern((dir_.path() / "last.json").string());
  AddPattern((dir_.path() / "[k-m]as?.json").string());  // that one again
  EXPECT_THAT(Read(), ElementsAre("xteam-a.1.json:1", "xteam-a.2.json:1", "xteam-b.1.json:1",
                                  "xlast.json:1"));
  EXPECT_EQ(Log(kFileInForce).size(), 4U);
  EXPECT_THAT(state_.pattern_faults, IsEmpty());
}

TEST_F(TargetsInForceTest, APatternThatMatchesNothingIsLoggedOnce) {
  AddPattern((dir_.path() / "not/there.json").string());
  AddPattern((dir_.path() / "*.yml").string());
  EXPECT_THAT(Read(), IsEmpty());
  ASSERT_EQ(Log("targets files not found").size(), 2U);
  EXPECT_EQ(Log("targets files not found")[0].at("level"), "warn");
  EXPECT_EQ(Log("targets files not found")[1].at("level"), "info") << "of a pattern it is usual";
  Read();
  EXPECT_THAT(log_, IsEmpty());
}

TEST_F(TargetsInForceTest, ABrokenFileKeepsWhatItSaidAndIsLoggedOnce) {
  AddPattern((dir_.path() / "*.json").string());
  const std::string path = dir_.Write("a.json", Json("node17:1"));
  dir_.Write("b.json", Json("node18:1"));
  Read();
  const auto loaded_at = state_.files[0].loaded_at;

  dir_.Write("a.json", "[\n{\"targets\": [\"node19:1\"}]");
  EXPECT_THAT(Read(), ElementsAre("node17:1", "node18:1"));
  ASSERT_EQ(Log(kFileBroken).size(), 1U);
  EXPECT_EQ(Log(kFileBroken)[0].at("place"), path + ":2");
  EXPECT_FALSE(state_.files[0].IsWhole());
  EXPECT_TRUE(state_.files[1].IsWhole());
  EXPECT_EQ(state_.files[0].loaded_at, loaded_at);

  EXPECT_THAT(Read(), ElementsAre("node17:1", "node18:1"));
  EXPECT_THAT(log_, IsEmpty());

  dir_.Write("a.json", Json("node19:1"));
  EXPECT_THAT(Read(), ElementsAre("node19:1", "node18:1"));
  EXPECT_EQ(Log(kGoodAgain).size(), 1U);
  EXPECT_TRUE(state_.files[0].IsWhole());
  EXPECT_EQ(state_.files[0].loaded_at, now_);
}

TEST_F(TargetsInForceTest, AFileThatIsBrokenFromTheStartIsMendedLater) {
  AddPattern((dir_.path() / "a.yml").string());
  dir_.Write("a.yml", "");
  EXPECT_THAT(Read(), IsEmpty());
  EXPECT_EQ(Log(kFileBroken).size(), 1U);
  EXPECT_EQ(state_.files[0].loaded_at, std::nullopt);
  dir_.Write("a.yml", "- targets: [node17:1]");
  EXPECT_THAT(Read(), ElementsAre("node17:1"));
}

TEST_F(TargetsInForceTest, ABadEntryCostsItselfAndIsLoggedOnce) {
  AddPattern((dir_.path() / "a.json").string());
  sources_.rules.reserved_labels = {"command"};
  const std::string path = dir_.Write("a.json", R"([
    {"targets": ["node17:1"]},
    {"targets": ["node18:1"], "labels": {"command": "x"}},
    {"targets": ["node19:1", "node20"]}
  ])");
  EXPECT_THAT(Read(), ElementsAre("node17:1", "node19:1"));
  ASSERT_EQ(Log(kEntryLeftOut).size(), 2U);
  EXPECT_EQ(Log(kEntryLeftOut)[0].at("place"), path + ":3");
  EXPECT_THAT(Log(kEntryLeftOut)[1].at("reason"), StartsWith("target node20: it has no port"));
  EXPECT_FALSE(state_.files[0].IsWhole());
  Read();
  EXPECT_THAT(log_, IsEmpty());

  // What stays wrong isn't told again.
  dir_.Write("a.json", R"([
    {"targets": ["node17:1"]},
    {"targets": ["node18:1"], "labels": {"command": "x"}}
  ])");
  Read();
  EXPECT_THAT(Log(kEntryLeftOut), IsEmpty());
}

TEST_F(TargetsInForceTest, ADeletedFileTakesItsTargetsAway) {
  AddPattern((dir_.path() / "*.json").string());
  const std::string path = dir_.Write("a.json", Json("node17:1"));
  dir_.Write("b.json", Json("node18:1"));
  Read();
  fs::remove(path);
  EXPECT_THAT(Read(), ElementsAre("node18:1"));
  EXPECT_EQ(Log("targets file is gone").size(), 1U);
}

TEST_F(TargetsInForceTest, AFileThatCantBeReadKeepsWhatItSaid) {
  AddPattern((dir_.path() / "*.json").string());
  const std::string path = dir_.Write("a.json", Json("node17:1"));
  Read();
  fs::remove(path);
  fs::create_symlink("a.json", path);  // which leads to itself
  EXPECT_THAT(Read(), ElementsAre("node17:1"));
  EXPECT_THAT(Log(kFileBroken).at(0).at("reason"), HasSubstr("symbolic links"));
  fs::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), S_IRUSR | S_IWUSR), 0);  // nobody ever writes to it
  EXPECT_THAT(Read(), ElementsAre("node17:1"));
  fs::remove(path);
  fs::create_directory(path);
  EXPECT_THAT(Read(), ElementsAre("node17:1"));
  fs::remove(path);
  EXPECT_THAT(Read(), IsEmpty());
}

TEST_F(TargetsInForceTest, AFileThatIsTooLargeIsRefused) {
  AddPattern((dir_.path() / "a.json").string());
  dir_.Write("a.json", Json("node17:1") + std::string(std::size_t{4} << 20U, ' '));
  EXPECT_THAT(Read(), IsEmpty());
  EXPECT_THAT(Log(kFileBroken).at(0).at("reason"), HasSubstr("at most 4194304 bytes"));
}

TEST_F(TargetsInForceTest, FilesThatAreTooLargeTogetherAreRefusedFromWhereTheyAre) {
  AddPattern((dir_.path() / "*.json").string());
  for (const std::string name : {"a", "b", "c", "d", "e", "f"}) {
    dir_.Write(name + ".json", Json(name + ":1") + std::string(std::size_t{3} << 20U, ' '));
  }
  EXPECT_THAT(Read(), ElementsAre("a:1", "b:1", "c:1", "d:1", "e:1"));
  EXPECT_THAT(Log(kFileBroken).at(0).at("reason"), HasSubstr("in all targets files"));
}

TEST_F(TargetsInForceTest, TheSameAddressInTwoFilesIsWatchedOnce) {
  AddPattern((dir_.path() / "*.json").string());
  const std::string first = dir_.Write("a.json", Json("node17:1"));
  const std::string second = dir_.Write(
      "b.json", R"([{"targets": ["node17:1"], "labels": {"arkouda_server_name": "b"}}])");
  EXPECT_THAT(Read(), ElementsAre("node17:1"));
  EXPECT_EQ(state_.targets[0].target.server_name, "node17:1");
  ASSERT_EQ(Log(kEntryLeftOut).size(), 1U);
  EXPECT_EQ(Log(kEntryLeftOut)[0].at("place"), second + ":1");
  EXPECT_THAT(Log(kEntryLeftOut)[0].at("reason"), HasSubstr(first + ":1 has the same address"));
  ASSERT_EQ(Log(kFileInForce).size(), 2U);
  EXPECT_EQ(Log(kFileInForce)[1].at("targets"), "0");
  EXPECT_TRUE(state_.files[0].IsWhole());
  EXPECT_FALSE(state_.files[1].IsWhole());

  fs::remove(first);
  Read();
  EXPECT_EQ(state_.targets.at(0).target.server_name, "b");
  EXPECT_TRUE(state_.files[0].IsWhole());
  EXPECT_EQ(Log(kGoodAgain).size(), 1U);
}

TEST_F(TargetsInForceTest, TheTargetThatNoFileNamesWinsEveryConflict) {
  sources_.first_target = {.target = {.address = HostPort::Parse("node17:1").value(),
                                      .server_name = "default",
                                      .labels = {}},
                           .place = {.source = "--arkouda.host"}};
  AddPattern((dir_.path() / "a.json").string());
  dir_.Write("a.json", R"([{"targets": ["node17:1", "node18:1"]}])");
  EXPECT_THAT(Read(), ElementsAre("node17:1", "node18:1"));
  EXPECT_EQ(state_.targets[0].target.server_name, "default");
  EXPECT_THAT(Log(kEntryLeftOut).at(0).at("reason"),
              HasSubstr("--arkouda.host has the same address"));
}

TEST_F(TargetsInForceTest, TheSameOnDiskIsKnownAsTheSame) {
  AddPattern((dir_.path() / "*.json").string());
  dir_.Write("a.json", Json("node17:1"));
  Read();
  const TargetsInForce before = state_;
  Read();
  EXPECT_TRUE(state_.IsSameOnDisk(before));
  dir_.Write("b.json", "[]");
  Read();
  EXPECT_FALSE(state_.IsSameOnDisk(before));
}

TEST_F(TargetsInForceTest, EntriesSayToWhomTheirFileBelongs) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files to others";
  AddPattern((dir_.path() / "*.json").string());
  sources_.owner_label = "slurm_user";
  sources_.user_name = [](uid_t user) { return "user" + std::to_string(user); };
  const std::string path = dir_.Write("1.json", Json("node1:1"));
  const auto label = [&] {
    Read();
    const auto& labels = state_.targets.at(0).target.labels;
    return labels.contains("slurm_user") ? labels.at("slurm_user") : "";
  };
  EXPECT_EQ(label(), "") << "root says what it likes";
  ASSERT_EQ(chown(path.c_str(), 1000, 1000), 0);
  EXPECT_EQ(label(), "user1000");
  // The same words of somebody else's.
  ASSERT_EQ(chown(path.c_str(), 1001, 1000), 0);
  EXPECT_EQ(label(), "user1001");
}

}  // namespace
}  // namespace arkouda_exporter
