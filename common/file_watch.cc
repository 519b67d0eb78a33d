#include "common/file_watch.h"

#include <fnmatch.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <list>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/durations.h"
#include "common/log.h"

namespace arkouda_exporter {
namespace {

// Files often change together, and one is often there before its content is.
constexpr std::chrono::milliseconds kSettlingTime(100);

// A file counts when its writer closes it, not while it is half written.
constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |
                                  IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF |
                                  IN_ONLYDIR;

std::system_error Failed(const char* what) { return {errno, std::generic_category(), what}; }

// As many links as the kernel follows.
constexpr int kMostLinks = 40;

// The name alone, as a pattern.
std::string PatternOf(const std::string& name) {
  std::string pattern;
  for (const char c : name) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace

FileWatch::FileWatch(std::string files, std::chrono::milliseconds interval, Look look)
    : files_(std::move(files)),
      interval_(interval),
      look_(std::move(look)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!timer_) throw Failed("timerfd_create");
}

void FileWatch::Run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { wakeup_.Notify(); });
  bool is_due = true;
  bool is_settling = false;
  while (!stop.stop_requested()) {
    if (is_due) {
      LookAgain();
      SetTimer(interval_);
      is_settling = false;
    }
    std::array<pollfd, 3> descriptors = {{{.fd = wakeup_.fd(), .events = POLLIN, .revents = 0},
                                          {.fd = timer_.get(), .events = POLLIN, .revents = 0},
                                          {.fd = inotify_.get(), .events = POLLIN, .revents = 0}}};
    if (poll(descriptors.data(), descriptors.size(), -1) < 0 && errno != EINTR)
      throw Failed("poll");
    const auto& [wakeup, timer, news] = descriptors;
    is_due = wakeup.revents != 0 || timer.revents != 0;
    wakeup_.Drain();
    if (news.revents != 0 && HasNews() && !is_settling) {
      SetTimer(kSettlingTime);
      is_settling = true;
    }
  }
}

void FileWatch::LookAgain() {
  const auto watches_before = std::exchange(watches_, {});
  const std::string fault_before = std::exchange(fault_, {});
  if (!inotify_) inotify_ = FileDescriptor(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify_) fault_ = "inotify: " + std::generic_category().message(errno);
  look_([this](const std::string& folder, const std::string& names) { Watch(folder, names); });
  for (const auto& [watch, names] : watches_before) {
    if (!watches_.contains(watch)) inotify_rm_watch(inotify_.get(), watch);
  }
  if (!fault_.empty() && fault_ != fault_before) {
    LogWarn("a folder of " + files_ + " can't be watched, it is read now and then",
            {{"reason", fault_}, {"every", FormatDuration(interval_)}});
  }
}

void FileWatch::Watch(const std::string& folder, const std::string& names) {
  if (!inotify_) return;
  const int watch = inotify_add_watch(inotify_.get(), folder.c_str(), kEvents);
  if (watch >= 0) {
    watches_[watch].insert(names);
  } else if (errno != ENOENT && errno != ENOTDIR) {
    fault_ = folder + ": " + std::generic_category().message(errno);
  }
}

// Reads all that inotify tells, and says whether any of it matters.
bool FileWatch::HasNews() const {
  bool has_news = false;
  alignas(inotify_event) std::array<char, 16384> buffer{};
  ssize_t size = 0;
  while ((size = read(inotify_.get(), buffer.data(), buffer.size())) > 0) {
    for (const char* at = buffer.data(); at < buffer.data() + size;) {
      inotify_event event{};
      std::memcpy(&event, at, sizeof event);
      const char* const name = at + sizeof event;
      at = name + event.len;
      // Some were lost, a folder itself is gone, or a name changed that matters.
      has_news = has_news || (event.mask & IN_Q_OVERFLOW) != 0;
      const auto watch = watches_.find(event.wd);
      if (watch == watches_.end() || (event.mask & IN_IGNORED) != 0) continue;
      has_news = has_news || event.len == 0 ||
                 std::any_of(watch->second.begin(), watch->second.end(), [&](const auto& names) {
                   return fnmatch(names.c_str(), name, 0) == 0;
                 });
    }
  }
  return has_news;
}

void FileWatch::SetTimer(std::chrono::milliseconds wait) const {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(wait);
  itimerspec in{};
  in.it_value.tv_sec = seconds.count();
  in.it_value.tv_nsec = std::chrono::nanoseconds(wait - seconds).count();
  timerfd_settime(timer_.get(), 0, &in, nullptr);
}

void WatchPath(const FileWatch::WatchFolder& watch_folder, const std::string& path) {
  namespace fs = std::filesystem;
  const fs::path whole(path);
  std::list<fs::path> rest(whole.begin(), whole.end());
  fs::path folder = ".";  // where the rest begins; no link leads there
  int links = 0;
  while (!rest.empty()) {
    const fs::path name = rest.front();
    rest.pop_front();
    if (name.is_absolute() || name == "..") {
      folder /= name;
      continue;
    }
    const fs::path place = folder / name;
    std::error_code error;
    const fs::file_type type = fs::symlink_status(place, error).type();
    if (type == fs::file_type::directory && !rest.empty()) {
      folder = place;
      continue;
    }
    watch_folder(folder.string(), PatternOf(name.string()));
    if (type != fs::file_type::symlink || ++links > kMostLinks) return;
    const fs::path target = fs::read_symlink(place, error);
    rest.insert(rest.begin(), target.begin(), target.end());
  }
}

}  // namespace arkouda_exporter
