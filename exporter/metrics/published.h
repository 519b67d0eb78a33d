#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace arkouda_exporter {

/// The latest of a sequence of immutable values, handed from one thread to others. Any thread; a
/// reader keeps what it got for as long as it likes. (g++ 12's std::atomic<std::shared_ptr> is
/// reported as a race by ThreadSanitizer.)
template <typename T>
class Published {
 public:
  explicit Published(std::shared_ptr<const T> first) : latest_(std::move(first)) {}

  std::shared_ptr<const T> Get() const {
    const std::lock_guard lock(mutex_);
    return latest_;
  }

  void Set(std::shared_ptr<const T> next) {
    {
      const std::lock_guard lock(mutex_);
      latest_.swap(next);
    }
    // `next` is the old value now, and is let go of outside the lock.
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> latest_;  // guarded by mutex_
};

}  // namespace arkouda_exporter
