#pragma once

#include <initializer_list>

namespace arkouda_exporter {

/// SIGTERM and SIGINT, and others that are asked for, as something to wait for. Make it first thing
/// in main, before any thread starts: the signals are blocked for the thread that makes it and for
/// all that it starts later, which also makes them count in a process that is PID 1, where the
/// kernel drops signals without a handler (pid_namespaces(7)) but never blocked ones. SIGPIPE is
/// ignored from then on: a reader that goes away must not end a daemon.
class StopSignal {
 public:
  /// `also`: other signals that Wait returns.
  StopSignal(std::initializer_list<int> also = {});
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  /// Blocks until one of the signals arrives and returns its number, or 0 after Cancel.
  int Wait();

  /// Makes Wait return. Any thread.
  void Cancel() const;

  /// A file descriptor that is readable once a signal waits, for use with poll(2). Owned by this.
  int fd() const { return fd_; }

 private:
  const int fd_;
  const int cancel_fd_;
};

}  // namespace arkouda_exporter
