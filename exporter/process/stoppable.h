#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <semaphore>
#include <stop_token>
#include <string_view>

#include "common/stop_signal.h"

namespace arkouda_exporter {

/// The work of a process that SIGTERM and SIGINT stop, as it looks from inside. SIGHUP never ends
/// it, and SIGUSR1, SIGUSR2 and SIGXFSZ are ignored. Thread-safe.
class Stoppable {
 public:
  /// Does the work on a thread of its own and returns the exit status that it returns, while the
  /// calling thread waits for the signals, whatever the work blocks on: 400 ms after one of them
  /// the process ends all the same. Call it before any other thread is started. Throws
  /// std::runtime_error, with a line for people, when thread or descriptors can't be had; what the
  /// work throws ends the process as EndOnException has it.
  static int Run(const std::function<int(Stoppable&)>& work);

  /// Requested by a signal.
  std::stop_token stop() const { return stop_.get_token(); }
  /// Waits for that, and calls `on_hangup` on the calling thread after SIGHUPs until then.
  void AwaitStop(const std::function<void()>& on_hangup);
  /// Which one it was; 0 before.
  int signal() const { return signal_; }
  /// The exit status when the work doesn't return in time; 1 unless it is set.
  void SetStatusWhenLate(int status) { status_when_late_ = status; }
  /// All is done but for what must be taken down: it has as long for that as after a signal.
  void Finish() const { stop_signal_.Cancel(); }

 private:
  Stoppable() = default;

  StopSignal stop_signal_{SIGHUP};
  std::stop_source stop_;
  std::counting_semaphore<> signals_{0};  // a stop, or one SIGHUP
  std::atomic<int> signal_{0};
  std::atomic<int> status_when_late_{1};
};

/// Calls `work`. What it throws ends the process at once, with status 1 and a line on standard
/// error, `context` in front of the reason: a process that is left without its work must not look
/// alive.
void EndOnException(std::string_view context, const std::function<void()>& work);

}  // namespace arkouda_exporter
