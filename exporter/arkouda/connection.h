#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <zmq.hpp>

#include "common/host_port.h"
#include "exporter/arkouda/connection_timing.h"
#include "exporter/arkouda/decode.h"
#include "exporter/arkouda/poll_outcome.h"

namespace arkouda_exporter {

/// Where a target's metrics socket is, and how its connection is watched.
struct ConnectionSettings {
  HostPort address;
  std::int64_t max_reply_bytes = 0;
  ConnectionTiming timing;
};

/// One attempt at a connection to a metrics socket, and the connection when it succeeds: a DEALER
/// socket that is never used for a second one. libzmq's own reconnecting would keep what was
/// received from the old server, and ends for good after a peer that broke the protocol.
///
/// Used by the thread that made it.
class Connection {
 public:
  enum class Event {
    kConnected,  ///< the ZMTP handshake is done
    kFailed,     ///< it never stood
    kClosed,     ///< it stood; the server closed it or left heartbeats unanswered
    kRefused,    ///< it stood; libzmq closed it, since a frame was over max_reply_bytes
  };

  /// Starts connecting. `address`: the numeric one of the settings' host, since libzmq would look a
  /// name up on the thread that carries all connections, and as IPv4 or as IPv6, never both.
  Connection(zmq::context_t& context, const ConnectionSettings& settings,
             const std::string& address);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Descriptors to wait on, which belong to libzmq. Readable means that there may be something to
  /// read, and only once: whoever was woken, or has sent, reads until there is nothing left
  /// (zmq_getsockopt(3), ZMQ_FD).
  int socket_fd() { return socket_.get(zmq::sockopt::fd); }    ///< for Receive
  int monitor_fd() { return monitor_.get(zmq::sockopt::fd); }  ///< for NextEvent

  /// What has happened since the last call, if anything; for the rest see reason(). To be called
  /// until there is nothing when the monitor is readable, and when Deadline() has passed.
  std::optional<Event> NextEvent(TimePoint now);

  /// When NextEvent is to be called even without input.
  std::optional<TimePoint> Deadline() const { return verdict_at_; }
  bool IsDue(TimePoint now) const { return verdict_at_ && now >= *verdict_at_; }

  /// Why the last event but kConnected happened, for a log line.
  const std::string& reason() const { return reason_; }

  /// Sends a request in the envelope that a REP socket expects. False when the connection is gone;
  /// nothing is queued then.
  bool Send(std::string_view request);

  /// A reply, if one is there.
  std::optional<Frames> Receive();

 private:
  const std::int64_t max_reply_bytes_;
  zmq::socket_t socket_;
  zmq::socket_t monitor_;
  bool is_connected_ = false;
  bool is_handshake_broken_ = false;
  std::optional<TimePoint> verdict_at_;
  std::string reason_;
};

}  // namespace arkouda_exporter
