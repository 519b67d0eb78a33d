#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <stop_token>
#include <string>

#include "common/file_descriptor.h"
#include "common/wakeup.h"

namespace arkouda_exporter {

/// Has files looked at when they may have changed: a moment after inotify(7) tells of a change in
/// one of their folders, or of a folder that comes; and now and then, since network file systems
/// tell nothing, nor does a link that leads elsewhere.
class FileWatch {
 public:
  /// Says which names in a folder matter, as fnmatch(3) has them.
  using WatchFolder = std::function<void(const std::string& folder, const std::string& names)>;

  /// Looks at the files. Those folders are watched from then on that it names, each before it looks
  /// into it.
  using Look = std::function<void(const WatchFolder&)>;

  /// `files`: what they are, for the log, such as "targets files". Starts nothing. It takes three
  /// descriptors; throws std::system_error when there are none.
  FileWatch(std::string files, std::chrono::milliseconds interval, Look look);

  /// Calls `look` on this thread, at first and whenever it is due, until `stop` is requested. It
  /// ends at once, unless `look` waits for a file system.
  void Run(const std::stop_token& stop);

  /// Has Run look again, even if nothing seems to have changed. Any thread.
  void LookNow() const { wakeup_.Notify(); }

 private:
  void LookAgain();
  void Watch(const std::string& folder, const std::string& names);
  bool HasNews() const;
  void SetTimer(std::chrono::milliseconds wait) const;

  const std::string files_;
  const std::chrono::milliseconds interval_;
  const Look look_;
  const Wakeup wakeup_;
  const FileDescriptor timer_;
  FileDescriptor inotify_;  ///< none while it can't be had: a user has few of them
  /// For each of inotify's watches, the names in its folder that matter.
  std::map<int, std::set<std::string>> watches_;
  std::string fault_;  ///< why a folder is not watched
};

/// Has all names watched that decide what a file's name leads to: its own, and those of the links
/// on the way, of folders, too. Of what is not there, the first name that is missing.
void WatchPath(const FileWatch::WatchFolder& watch_folder, const std::string& path);

}  // namespace arkouda_exporter
