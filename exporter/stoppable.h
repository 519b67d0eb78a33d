#pragma once

#include <atomic>
#include <functional>
#include <stop_token>

#include "common/stop_signal.h"

namespace arkouda_exporter {

/// The work of a process that SIGTERM and SIGINT stop, as it looks from inside. Thread-safe.
class Stoppable {
 public:
  /// Does the work on a thread of its own and returns the exit status that it returns, while the
  /// calling thread waits for the signals, whatever the work blocks on: 400 ms after one of them
  /// the process ends all the same. Call it before any other thread is started.
  static int Run(const std::function<int(Stoppable&)>& work);

  /// Requested by a signal.
  std::stop_token stop() const { return stop_.get_token(); }
  /// Which one it was; 0 before.
  int signal() const { return signal_; }
  /// The exit status when the work doesn't return in time; 0 unless it is set.
  void SetStatusWhenLate(int status) { status_when_late_ = status; }
  /// All is done but for what must be taken down: it has as long for that as after a signal.
  void Finish() const { stop_signal_.Cancel(); }

 private:
  Stoppable() = default;

  StopSignal stop_signal_;
  std::stop_source stop_;
  std::atomic<int> signal_{0};
  std::atomic<int> status_when_late_{0};
};

}  // namespace arkouda_exporter
