#pragma once

#include <chrono>
#include <functional>
#include <stop_token>

#include "common/file_watch.h"
#include "exporter/arkouda/targets_in_force.h"

namespace arkouda_exporter {

/// Keeps what the targets files say up to date: it reads all of them again when one may have
/// changed.
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
  void Run(const std::stop_token& stop) { watch_.Run(stop); }

  /// Has Run read all files again, even if nothing seems to have changed. Any thread.
  void RereadNow() const { watch_.LookNow(); }

 private:
  void Reread(const FileWatch::WatchFolder& watch_folder);

  const Settings settings_;
  const OnChange on_change_;
  TargetsInForce in_force_;
  FileWatch watch_;
};

}  // namespace arkouda_exporter
