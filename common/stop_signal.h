#pragma once

#include <initializer_list>

#include "common/file_descriptor.h"
#include "common/wakeup.h"

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

  /// Blocks until one of the signals arrives and returns its number, or 0 after Cancel.
  int Wait();

  /// Makes Wait return. Any thread.
  void Cancel() const { cancelled_.Notify(); }

  /// A file descriptor that is readable once a signal waits, for use with poll(2). Owned by this.
  int fd() const { return fd_.get(); }

 private:
  const FileDescriptor fd_;
  const Wakeup cancelled_;
};

}  // namespace arkouda_exporter
