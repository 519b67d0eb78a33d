#include "exporter/arkouda/targets_watch.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "test/support/await.h"
#include "test/support/temp_dir.h"

// A test begins when the watch is asleep, and without inotify nothing would wake it for an hour.

namespace arkouda_exporter {
namespace {

namespace fs = std::filesystem;
using testing::Await;
using testing::TempDir;
using Names = std::vector<std::string>;

std::string Json(const Names& names) {
  std::string entries;
  for (const std::string& name : names) {
    entries += entries.empty() ? "" : ",\n";
    entries += R"({"targets": [")" + name + R"(:1"], "labels": {"arkouda_server_name": ")" + name +
               R"("}})";
  }
  return "[" + entries + "]";
}

class TargetsWatchTest : public ::testing::Test {
 protected:
  void Start(const std::vector<std::string>& patterns,
             std::chrono::milliseconds reread_interval = std::chrono::hours(1)) {
    TargetsWatch::Settings settings{
        .sources = {}, .reread_interval = reread_interval, .wall_clock = [this] {
          ++reads_;
          return std::chrono::system_clock::now();
        }};
    for (const std::string& pattern : patterns) {
      settings.sources.patterns.push_back(TargetsPattern::Parse(Path(pattern)).value());
    }
    TargetsInForce start = ReadTargets(settings.sources, {}, settings.wall_clock());
    Keep(start);
    watch_.emplace(std::move(settings), std::move(start), [this](const TargetsInForce& in_force) {
      Keep(in_force);
      ++changes_;
    });
    std::atomic<pid_t> thread_id{0};
    thread_ = std::jthread([&](const std::stop_token& stop) {
      thread_id = gettid();
      watch_->Run(stop);
    });
    EXPECT_TRUE(Await("a watch that is asleep", [&] {
      std::ifstream stat("/proc/self/task/" + std::to_string(thread_id) + "/stat");
      const std::string text((std::istreambuf_iterator<char>(stat)), {});
      return reads_ > 1 && text.find(") S ") != std::string::npos;
    }));
  }

  std::string Path(const std::string& name) const { return (dir_.path() / name).string(); }

  ::testing::AssertionResult AwaitTargets(const Names& names) {
    return Await("targets", [&] {
      const std::lock_guard lock(mutex_);
      return names_ == names;
    });
  }

  /// Whether the first file, in the order of their names, is in force as a whole.
  bool IsFirstFileWhole() {
    const std::lock_guard lock(mutex_);
    return is_first_whole_;
  }

  TempDir dir_;
  std::optional<TargetsWatch> watch_;
  std::atomic<int> changes_{0};
  std::atomic<int> reads_{0};  // the one before the watch included

 private:
  void Keep(const TargetsInForce& in_force) {
    const std::lock_guard lock(mutex_);
    names_.clear();
    for (const PlacedTarget& placed : in_force.targets) {
      names_.push_back(placed.target.server_name);
    }
    is_first_whole_ = !in_force.files.empty() && in_force.files.front().IsWhole();
  }

  std::mutex mutex_;
  Names names_;                  // guarded by mutex_
  bool is_first_whole_ = false;  // guarded by mutex_
  std::jthread thread_;          // ends before all that it uses
};

TEST_F(TargetsWatchTest, WhatWasThereAtTheStartIsNotToldAgain) {
  dir_.Write("a.json", Json({"a"}));
  Start({"a.json"});
  dir_.Write("a.json", Json({"a", "b"}));
  EXPECT_TRUE(AwaitTargets({"a", "b"}));
  EXPECT_EQ(changes_, 1);
}

TEST_F(TargetsWatchTest, AChangeBetweenTheStartAndTheWatchIsSeen) {
  dir_.Write("a.json", Json({"a"}));
  TargetsWatch::Settings settings{
      .sources = {.patterns = {TargetsPattern::Parse(Path("a.json")).value()}},
      .reread_interval = std::chrono::hours(1),
      .wall_clock = [] { return std::chrono::system_clock::now(); }};
  TargetsInForce start = ReadTargets(settings.sources, {}, settings.wall_clock());
  dir_.Write("a.json", Json({"b"}));
  std::atomic<bool> is_seen{false};
  TargetsWatch watch(settings, std::move(start), [&](const TargetsInForce& in_force) {
    is_seen = in_force.targets.at(0).target.server_name == "b";
  });
  const std::jthread thread([&](const std::stop_token& stop) { watch.Run(stop); });
  EXPECT_TRUE(Await("the change", [&] { return is_seen.load(); }));
}

TEST_F(TargetsWatchTest, ANewFileIsSeen) {
  Start({"*.json"});
  dir_.Write("a.json", Json({"a"}));
  EXPECT_TRUE(AwaitTargets({"a"}));
  dir_.Write("b.json", Json({"b"}));
  EXPECT_TRUE(AwaitTargets({"a", "b"}));
}

TEST_F(TargetsWatchTest, AFileChangedInPlaceIsReadWhenItIsClosed) {
  const std::string path = dir_.Write("a.json", Json({"a"}));
  Start({"a.json"});
  {
    std::ofstream file(path, std::ios::trunc);
    const std::string content = Json({"b", "c"});
    file << content.substr(0, 10) << std::flush;
    file << content.substr(10);
  }
  EXPECT_TRUE(AwaitTargets({"b", "c"}));
}

TEST_F(TargetsWatchTest, ADeletedFileIsSeen) {
  dir_.Write("a.json", Json({"a"}));
  const std::string path = dir_.Write("b.json", Json({"b"}));
  Start({"*.json"});
  fs::remove(path);
  EXPECT_TRUE(AwaitTargets({"a"}));
}

TEST_F(TargetsWatchTest, AFileMovedAwayAndBackIsSeen) {
  const std::string path = dir_.Write("a.json", Json({"a"}));
  Start({"a.json"});
  fs::rename(path, Path("a.json.off"));
  EXPECT_TRUE(AwaitTargets({}));
  fs::rename(Path("a.json.off"), path);
  EXPECT_TRUE(AwaitTargets({"a"}));
}

TEST_F(TargetsWatchTest, ABrokenFileKeepsItsTargetsUntilItIsMended) {
  dir_.Write("a.json", Json({"a"}));
  Start({"a.json"});
  dir_.Write("a.json", "[{");
  EXPECT_TRUE(Await("a broken file", [&] { return !IsFirstFileWhole(); }));
  EXPECT_TRUE(AwaitTargets({"a"}));
  dir_.Write("a.json", Json({"b"}));
  EXPECT_TRUE(AwaitTargets({"b"}));
  EXPECT_TRUE(IsFirstFileWhole());
}

// How Kubernetes updates what it mounts of a ConfigMap: the file is a link into ..data, which is a
// link to a folder with a date for its name, and is turned to a new one by a rename.
TEST_F(TargetsWatchTest, TheTurnedLinkOfAConfigMapIsSeen) {
  const auto add = [&](const std::string& date, const Names& names) {
    fs::create_directory(dir_.path() / date);
    dir_.Write(date + "/targets.json", Json(names));
    fs::create_directory_symlink(date, dir_.path() / "..data_tmp");
    fs::rename(dir_.path() / "..data_tmp", dir_.path() / "..data");
  };
  add("..2026_11_27_06_57", {"a"});
  fs::create_symlink("..data/targets.json", dir_.path() / "targets.json");
  Start({"targets.json"});
  EXPECT_TRUE(AwaitTargets({"a"}));
  add("..2026_11_27_06_58", {"b", "c"});
  fs::remove_all(dir_.path() / "..2026_11_27_06_57");
  EXPECT_TRUE(AwaitTargets({"b", "c"}));
  add("..2026_11_27_06_59", {"d"});
  EXPECT_TRUE(AwaitTargets({"d"}));
}

TEST_F(TargetsWatchTest, AFolderThatComesLaterIsSeen) {
  Start({"not/yet/a.json", "team-*/x/*.json"});
  fs::create_directories(dir_.path() / "not/yet");
  dir_.Write("not/yet/a.json", Json({"a"}));
  EXPECT_TRUE(AwaitTargets({"a"}));
  fs::create_directories(dir_.path() / "team-b/x");
  dir_.Write("team-b/x/1.json", Json({"b"}));
  EXPECT_TRUE(AwaitTargets({"a", "b"}));
  // One by one, so that each is seen for itself.
  fs::create_directory(dir_.path() / "team-c");
  dir_.Write("not/yet/a.json", Json({"a2"}));
  EXPECT_TRUE(AwaitTargets({"a2", "b"}));
  fs::create_directory(dir_.path() / "team-c/x");
  dir_.Write("not/yet/a.json", Json({"a3"}));
  EXPECT_TRUE(AwaitTargets({"a3", "b"}));
  dir_.Write("team-c/x/1.json", Json({"c"}));
  EXPECT_TRUE(AwaitTargets({"a3", "b", "c"}));
}

TEST_F(TargetsWatchTest, AFolderThatIsReplacedIsSeen) {
  fs::create_directory(dir_.path() / "now");
  dir_.Write("now/a.json", Json({"a"}));
  Start({"now/*.json"});
  fs::create_directory(dir_.path() / "next");
  dir_.Write("next/b.json", Json({"b"}));
  fs::rename(dir_.path() / "now", dir_.path() / "old");
  fs::rename(dir_.path() / "next", dir_.path() / "now");
  EXPECT_TRUE(AwaitTargets({"b"}));
  dir_.Write("now/c.json", Json({"c"}));
  EXPECT_TRUE(AwaitTargets({"b", "c"}));
  fs::remove_all(dir_.path() / "now");
  EXPECT_TRUE(AwaitTargets({}));
  fs::create_directory_symlink("old", dir_.path() / "now");
  EXPECT_TRUE(AwaitTargets({"a"}));
}

// What inotify does not tell: that a link leads to a file which changes somewhere else.
TEST_F(TargetsWatchTest, FilesAreReadAgainNowAndThen) {
  const TempDir elsewhere;
  elsewhere.Write("a.json", Json({"a"}));
  fs::create_symlink(elsewhere.path() / "a.json", Path("a.json"));
  Start({"a.json"}, std::chrono::milliseconds(20));
  elsewhere.Write("a.json", Json({"b"}));
  EXPECT_TRUE(AwaitTargets({"b"}));
}

TEST_F(TargetsWatchTest, FilesAreReadAgainWhenAskedFor) {
  const TempDir elsewhere;
  elsewhere.Write("a.json", Json({"a"}));
  fs::create_symlink(elsewhere.path() / "a.json", Path("a.json"));
  Start({"a.json"});
  EXPECT_TRUE(AwaitTargets({"a"}));
  elsewhere.Write("a.json", Json({"b"}));
  watch_->RereadNow();
  EXPECT_TRUE(AwaitTargets({"b"}));
}

TEST_F(TargetsWatchTest, WhatHappensToOtherFilesIsPassedOver) {
  dir_.Write("a.json", Json({"a"}));
  Start({"a.json"});
  for (int i = 0; i < 100; ++i) dir_.Write("other.json", Json({"x"}));
  dir_.Write("a.json", Json({"b"}));
  EXPECT_TRUE(AwaitTargets({"b"}));
  EXPECT_EQ(changes_, 1);
}

TEST_F(TargetsWatchTest, ManyChangesAtOnceEndInTheLast) {
  Start({"*.json"});
  std::vector<std::jthread> writers;
  for (const std::string name : {"a", "b", "c", "d"}) {
    writers.emplace_back([this, name] {
      for (int i = 0; i <= 100; ++i) {
        dir_.Write(name + ".json", Json({name + std::to_string(i)}));
      }
    });
  }
  EXPECT_TRUE(AwaitTargets({"a100", "b100", "c100", "d100"}));
}

}  // namespace
}  // namespace arkouda_exporter
