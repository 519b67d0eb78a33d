#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "test/support/process.h"
#include "test/support/temp_dir.h"

namespace arkouda_exporter::testing {

/// What the simulator counted, over all of its servers; of most_waiting, the most that any has
/// seen.
struct SimulatorReport {
  /// What one server of many counted.
  struct Server {
    int requests = 0;
    int most_waiting = 0;
    int connections = 0;
  };

  int requests = 0;
  int all = 0;
  int server_info = 0;
  int other = 0;
  int most_waiting = 0;
  int connections = 0;
  std::vector<Server> each;  ///< when there are many, in their order
};

/// Servers of the simulator, by their numbers.
struct ServerRange {
  std::size_t first = 0;
  std::size_t count = 0;
};

/// The development server, running on 127.0.0.1.
class Simulator {
 public:
  /// Starts it and waits until it listens, on `port` or (0) on a free one. Two locales, four
  /// commands and two users, unless the arguments say otherwise.
  explicit Simulator(const Arguments& arguments = {}, std::uint16_t port = 0);

  /// Starts `servers` servers in one process, on free ports, and waits until all listen. Each is as
  /// strict as one alone.
  struct Many {
    std::size_t servers = 0;
  };
  explicit Simulator(Many many, const Arguments& arguments = {});
  /// Why so many servers can't be played here, for tests that are skipped then; empty: they can.
  static std::string WhyNot(Many many);

  std::uint16_t port() const { return ports_.empty() ? 0 : ports_.front(); }
  /// Those of all servers, in their order.
  const std::vector<std::uint16_t>& ports() const { return ports_; }
  /// The file of Prometheus' file_sd format in which many servers stand, in their order, as
  /// server-0, server-1, ...
  std::string targets_file() const;

  /// Closes the ports of some of many servers and lets others hang; what is not named is answering
  /// again. Returns when it is done.
  void SetConditions(ServerRange gone, ServerRange hanging = {});

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
  void AwaitPorts(std::size_t count);
  SimulatorReport LastReport() const;

  const std::optional<TempDir> dir_;  // with the files of many servers
  Process process_;
  std::vector<std::uint16_t> ports_;
  Ending expected_ending_ = Exited(0);
  int most_waiting_allowed_ = 1;
  std::size_t conditions_set_ = 0;
  bool is_checked_ = false;
};

}  // namespace arkouda_exporter::testing
