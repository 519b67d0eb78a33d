#pragma once

#include <chrono>

namespace arkouda_exporter {

/// How long a connection is waited for and how it is watched. Whole milliseconds, positive.
struct ConnectionTiming {
  std::chrono::milliseconds connect_timeout{};
  std::chrono::milliseconds handshake_timeout{};
  /// A PING this often; the server's I/O thread answers it even while its task is busy.
  std::chrono::milliseconds heartbeat_interval{};
  /// Silence this long after a PING means that the server is gone.
  std::chrono::milliseconds heartbeat_timeout{};
  /// The pause before another attempt to connect doubles up to this one; a poll that is due does
  /// not wait for it.
  std::chrono::milliseconds longest_reconnect_pause{};
};

/// The timing for a target that is polled this often: what went wrong is noticed, and mended,
/// within about an interval, and a fast interval doesn't make a slow network fail.
ConnectionTiming TimingFor(std::chrono::milliseconds polling_interval);

}  // namespace arkouda_exporter
