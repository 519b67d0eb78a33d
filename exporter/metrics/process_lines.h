#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/page_selection.h"
#include "exporter/metrics/exposition.h"

namespace arkouda_exporter {

/// The lines of the process's families, with which a page begins. They are read at most ten times a
/// second, so that a storm of scrapes costs little more than ready bytes. Any thread.
class ProcessLines {
 public:
  using Read = std::function<std::vector<ProcessFamily>()>;
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  /// `read` is called by one thread at a time.
  explicit ProcessLines(Read read, Clock clock = &std::chrono::steady_clock::now);

  /// Never nullptr.
  std::shared_ptr<const std::string> Get(const PageSelection& selection);

  /// Something has changed that the next page has to show.
  void Forget();

 private:
  const Read read_;
  const Clock clock_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::optional<std::chrono::steady_clock::time_point> read_at_;
  std::vector<ProcessFamily> families_;
  /// All of them, in each format that somebody wanted so far.
  std::array<std::shared_ptr<const std::string>, 2> whole_;
};

}  // namespace arkouda_exporter
