#include "common/file_watch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>

#include "test/support/await.h"
#include "test/support/temp_dir.h"

namespace arkouda_exporter {
namespace {

namespace fs = std::filesystem;

/// Folders conf, data and more, and a watch that never looks by itself.
class WatchPathTest : public ::testing::Test {
 protected:
  WatchPathTest() {
    for (const char* folder : {"conf", "data", "more"}) fs::create_directory(Path(folder));
  }

  fs::path Path(const std::string& name) const { return dir_.path() / name; }
  void Link(const std::string& name, const std::string& target) const {
    fs::create_symlink(target, Path(name));
  }

  void Watch(const std::string& name) {
    const std::string path = Path(name).string();
    watch_.emplace("files", std::chrono::hours(1), [this, path](const auto& watch_folder) {
      WatchPath(watch_folder, path);
      ++looks_;
    });
    thread_ = std::jthread([this](const std::stop_token& stop) { watch_->Run(stop); });
    EXPECT_TRUE(testing::Await("the first look", [&] { return looks_ == 1; }));
  }

  template <typename Change>
  void ExpectSeen(Change change) {
    const int before = looks_;
    change();
    EXPECT_TRUE(testing::Await("another look", [&] { return looks_ > before; }));
  }

  const testing::TempDir dir_;
  std::atomic<int> looks_ = 0;
  std::optional<FileWatch> watch_;
  std::jthread thread_;
};

TEST_F(WatchPathTest, AFileBehindLinksInOtherFoldersIsWatchedWithAllLinks) {
  dir_.Write("more/web.yml", "1");
  Link("conf/web.yml", "../data/web.yml");
  Link("data/web.yml", Path("more/web.yml").string());
  Watch("conf/web.yml");
  ExpectSeen([&] { dir_.Write("more/web.yml", "2"); });
  dir_.Write("more/next.yml", "3");
  ExpectSeen([&] {
    Link("data/next", "../more/next.yml");
    fs::rename(Path("data/next"), Path("data/web.yml"));
  });
  ExpectSeen([&] { dir_.Write("more/next.yml", "4"); });
}

TEST_F(WatchPathTest, AFolderThatIsALinkIsWatchedWhereItStandsAndWhereItLeads) {
  dir_.Write("data/web.yml", "1");
  dir_.Write("more/web.yml", "1");
  Link("current", "data");
  Watch("current/web.yml");
  ExpectSeen([&] { dir_.Write("data/web.yml", "2"); });
  ExpectSeen([&] {
    Link("next", "more");
    fs::rename(Path("next"), Path("current"));
  });
  ExpectSeen([&] { dir_.Write("more/web.yml", "3"); });
}

TEST_F(WatchPathTest, WhatIsMissingIsSeenWhenItComes) {
  Watch("conf/[later]/web.yml");
  ExpectSeen([&] { fs::create_directory(Path("conf/[later]")); });
  ExpectSeen([&] { dir_.Write("conf/[later]/web.yml", "1"); });
}

TEST_F(WatchPathTest, LinksInACircleHaveAnEnd) {
  Link("conf/web.yml", "../data/web.yml");
  Link("data/web.yml", "../conf/web.yml");
  Watch("conf/web.yml");
  ExpectSeen([&] { fs::remove(Path("data/web.yml")); });
}

}  // namespace
}  // namespace arkouda_exporter
