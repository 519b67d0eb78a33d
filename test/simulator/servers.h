#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>
#include <zmq.hpp>

#include "common/stop_signal.h"
#include "test/simulator/control_signals.h"
#include "test/simulator/epoll.h"
#include "test/simulator/options.h"
#include "test/simulator/server.h"

namespace arkouda_simulator {

/// All servers of the process, one or many: they share a ZeroMQ context, a thread, and the signals,
/// but no count.
class Servers {
 public:
  Servers(Options options, WallClock wall_clock);

  /// Takes the ports, opens the sockets of all that are not gone from the start, and writes the
  /// targets file that was asked for. The error is one line with the flag.
  tl::expected<void, std::string> Listen();

  /// Where clients connect to, such as "tcp://127.0.0.1:5556", in the servers' order. Valid after
  /// Listen.
  std::vector<std::string> endpoints() const;

  /// Serves until a signal says stop or a request is fatal, and returns the exit status. Prints the
  /// report at the end, and whenever SIGUSR1 asks for it. `--fault die` does not return.
  ExitStatus Run(const arkouda_exporter::StopSignal& stop, ControlSignals& control);

 private:
  void TakeTurns(const std::vector<std::size_t>& owners);
  std::optional<std::chrono::milliseconds> TimeToNextTurn() const;
  void HandleSignals(ControlSignals& control);
  // Prints a line when it has done so, or why it can't.
  void ReadConditions();
  tl::expected<void, std::string> WriteTargetsFile() const;
  void PrintReport() const;

  const Options options_;
  const WallClock wall_clock_;
  zmq::context_t context_;
  Epoll epoll_;
  std::deque<Server> servers_;  // which can't be moved
  std::optional<ExitStatus> end_;
};

}  // namespace arkouda_simulator
