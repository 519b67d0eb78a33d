#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "test/support/process.h"

namespace arkouda_exporter::testing {

/// What the simulator counted.
struct SimulatorReport {
  int requests = 0;
  int all = 0;
  int server_info = 0;
  int other = 0;
  int most_waiting = 0;
  int connections = 0;
};

/// The development server, running on 127.0.0.1.
class Simulator {
 public:
  /// Starts it and waits until it listens, on `port` or (0) on a free one. Two locales, four
  /// commands and two users, unless the arguments say otherwise.
  explicit Simulator(const Arguments& arguments = {}, std::uint16_t port = 0);

  std::uint16_t port() const { return port_; }
  Process& process() { return process_; }

  /// What it has counted until now.
  SimulatorReport Report();
  /// Whether it has received this many requests for ALL by now; for use in conditions.
  bool HasReceived(int all) { return Report().all >= all; }
  /// It closes its connections and comes back with counters at zero, within the same process.
  void Restart() { process_.Signal(SIGHUP); }
  /// Stopped by SIGSTOP, it answers nothing, not even heartbeats, while the kernel keeps its
  /// connections alive: a machine that hangs, to whoever talks to it.
  void Freeze();
  void Thaw() { process_.Signal(SIGCONT); }

  /// How it will end, when not by SIGTERM with status 0: the fault `die` makes it 70.
  void ExpectEnding(Ending ending) { expected_ending_ = ending; }
  /// That it may see this many requests waiting at once. The reason is for the reader: normally one
  /// more than one is a failure of the test.
  void AllowWaiting(int most, const char* reason);

  /// Ends it, unless it has ended, and checks that nothing harmed it: it ended as expected (status
  /// 66 would mean a request that halts a real server), got the two requests that there are and
  /// never more of them at once than allowed.
  void StopAndCheck();

 private:
  SimulatorReport LastReport() const;

  Process process_;
  std::uint16_t port_ = 0;
  Ending expected_ending_ = Exited(0);
  int most_waiting_allowed_ = 1;
  bool is_checked_ = false;
};

}  // namespace arkouda_exporter::testing
