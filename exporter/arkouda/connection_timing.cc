#include "exporter/arkouda/connection_timing.h"

#include <algorithm>

namespace arkouda_exporter {

ConnectionTiming TimingFor(std::chrono::milliseconds polling_interval) {
  using std::chrono_literals::operator""ms;
  return {
      .connect_timeout = std::clamp(polling_interval, 250ms, 3000ms),
      .handshake_timeout = std::clamp(polling_interval, 1000ms, 5000ms),
      // Each PING costs about 0.1 ms of CPU, so there is one a poll. The time-out is not so short
      // that a large reply on a slow line, behind which a PONG has to wait, passes for silence.
      .heartbeat_interval = std::clamp(polling_interval, 100ms, 15000ms),
      .heartbeat_timeout = std::clamp(polling_interval / 2, 2000ms, 30000ms),
      // An attempt costs as much as a small poll, and each poll makes one beside these.
      .longest_reconnect_pause = std::clamp(polling_interval, 100ms, 30000ms),
  };
}

}  // namespace arkouda_exporter
