#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/metric.h"
#include "test/simulator/faults.h"
#include "test/simulator/options.h"
#include "test/simulator/request_reader.h"
#include "test/simulator/workload.h"

namespace arkouda_simulator {

/// The server's wall clock, which timestamps are taken from.
using WallClock = std::function<std::chrono::system_clock::time_point()>;

/// Answers requests, as a server that has just been started and is being used between the requests
/// for `ALL`. One thread.
class Replies {
 public:
  /// Keeps a reference to `options`. `number` is the server's among all, each of which has values
  /// of its own; `port` is where it listens.
  Replies(const Options& options, std::size_t number, std::uint16_t port, WallClock wall_clock);

  /// The frames of the reply: one, unless a fault says otherwise. Faults of conduct and time are
  /// the caller's part.
  std::vector<std::string> Answer(const Request& request, const FaultSet& faults);

 private:
  std::string Msg(const Request& request, const FaultSet& faults) const;
  std::string Metrics(std::optional<arkouda_exporter::MetricCategory> category,
                      const FaultSet& faults) const;
  std::string ServerInfo(const FaultSet& faults) const;
  std::string Config() const;

  const Options& options_;
  const std::uint16_t port_;
  const WallClock wall_clock_;
  Workload workload_;
};

}  // namespace arkouda_simulator
