#pragma once

#include "common/file_descriptor.h"

namespace arkouda_exporter {

/// Wakes a thread that waits for file descriptors, by poll(2) or the like.
class Wakeup {
 public:
  /// Throws std::system_error when no descriptor can be had.
  Wakeup();

  /// Makes fd() readable, until Drain. What was written before it is seen after Drain. Any thread.
  void Notify() const;

  /// Takes back every Notify so far; does not wait for one.
  void Drain() const;

  /// To be waited for; owned by this.
  int fd() const { return fd_.get(); }

 private:
  const FileDescriptor fd_;
};

}  // namespace arkouda_exporter
