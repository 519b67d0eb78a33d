#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>

#include "common/file_descriptor.h"
#include "common/wakeup.h"
#include "exporter/arkouda/targets_in_force.h"

namespace arkouda_exporter {

/// Keeps what the targets files say up to date: it reads all of them again a moment after
/// inotify(7) tells of a change in one of their folders, or of a folder that comes; and now and
/// then, since network file systems tell nothing, nor does a link that leads elsewhere.
class TargetsWatch {
 public:
  struct Settings {
    TargetSources sources;
    std::chrono::milliseconds reread_interval = std::chrono::seconds(30);
    std::function<std::chrono::system_clock::time_point()> wall_clock;
  };

  /// Called with all that is in force, which is valid during the call.
  using OnChange = std::function<void(const TargetsInForce&)>;

  /// `start`: what is in force already. Starts nothing. It takes three descriptors, and one more
  /// while it reads; throws std::system_error when there are none.
  TargetsWatch(Settings settings, TargetsInForce start, OnChange on_change);

  /// Watches until `stop` is requested. Whenever something else is on disk, it logs what, and calls
  /// `on_change` on this thread. It ends at once, unless it waits for a file system.
  void Run(const std::stop_token& stop);

  /// Has Run read all files again, even if nothing seems to have changed. Any thread.
  void RereadNow() const { wakeup_.Notify(); }

 private:
  void Reread();
  void WatchFolder(const std::string& folder, const std::string& names);
  bool HasNews() const;
  void SetTimer(std::chrono::milliseconds wait) const;

  const Settings settings_;
  const OnChange on_change_;
  const Wakeup wakeup_;
  const FileDescriptor timer_;
  FileDescriptor inotify_;  ///< none while it can't be had: a user has few of them
  TargetsInForce in_force_;
  /// For each of inotify's watches, the names in its folder that matter, as fnmatch(3) has them.
  std::map<int, std::set<std::string>> watches_;
  std::string watch_fault_;  ///< why a folder is not watched
};

}  // namespace arkouda_exporter
