#pragma once

#include <optional>

namespace arkouda_simulator {

/// SIGHUP, SIGUSR1 and SIGUSR2 as something to wait for, as common/stop_signal.h has it for the
/// others, and to be made where that is: before any thread starts, which includes a ZeroMQ
/// context's.
class ControlSignals {
 public:
  ControlSignals();
  ~ControlSignals();
  ControlSignals(const ControlSignals&) = delete;
  ControlSignals& operator=(const ControlSignals&) = delete;

  /// The number of a signal that has arrived and was not read yet. Does not wait.
  std::optional<int> Next();

  /// A file descriptor that is readable when Next has something. Owned by this.
  int fd() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace arkouda_simulator
