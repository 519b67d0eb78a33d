#include "exporter/arkouda/connection.h"

#include <cstring>

namespace arkouda_exporter {
namespace {

// How long after a disconnection libzmq's announcement of its own next attempt may take. It comes
// from the same handler a few microseconds later, or, after a breach of the protocol, never.
constexpr std::chrono::milliseconds kVerdictGrace(100);

int Milliseconds(std::chrono::milliseconds duration) { return static_cast<int>(duration.count()); }

}  // namespace

Connection::Connection(zmq::context_t& context, const ConnectionSettings& settings,
                       const std::string& address)
    : max_reply_bytes_(settings.max_reply_bytes),
      socket_(context, zmq::socket_type::dealer),
      monitor_(context, zmq::socket_type::pair) {
  socket_.set(zmq::sockopt::ipv6, address.find(':') != std::string::npos);
  socket_.set(zmq::sockopt::immediate, true);
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::sndhwm, 1);
  socket_.set(zmq::sockopt::maxmsgsize, settings.max_reply_bytes);
  socket_.set(zmq::sockopt::connect_timeout, Milliseconds(settings.timing.connect_timeout));
  socket_.set(zmq::sockopt::handshake_ivl, Milliseconds(settings.timing.handshake_timeout));
  socket_.set(zmq::sockopt::heartbeat_ivl, Milliseconds(settings.timing.heartbeat_interval));
  socket_.set(zmq::sockopt::heartbeat_timeout, Milliseconds(settings.timing.heartbeat_timeout));

  // The address of the monitor only has to be unique within the context.
  const std::string monitor_address =
      "inproc://monitor-" + std::to_string(reinterpret_cast<std::uintptr_t>(socket_.handle()));
  if (zmq_socket_monitor(socket_.handle(), monitor_address.c_str(),
                         ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                             ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                             ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_DISCONNECTED) != 0) {
    throw zmq::error_t();
  }
  monitor_.set(zmq::sockopt::linger, 0);
  monitor_.connect(monitor_address);
  socket_.connect("tcp://" + HostPort{.host = address, .port = settings.address.port}.ToString());
}

Connection::~Connection() {
  // libzmq's I/O thread would wait for ever to tell an event to a monitor that is not there any
  // more, and with it all other connections.
  zmq_socket_monitor(socket_.handle(), nullptr, 0);
}

std::optional<Connection::Event> Connection::NextEvent(TimePoint now) {
  zmq::message_t frame;
  while (monitor_.recv(frame, zmq::recv_flags::dontwait)) {
    std::uint16_t event = 0;  // zmq_socket_monitor(3): 16 bits of event in front, host byte order
    std::memcpy(&event, frame.data(), sizeof event);
    while (frame.more()) static_cast<void>(monitor_.recv(frame));
    switch (event) {
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
        is_connected_ = true;
        return Event::kConnected;
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
        is_handshake_broken_ = true;
        break;
      case ZMQ_EVENT_DISCONNECTED:
        verdict_at_ = now + kVerdictGrace;
        break;
      case ZMQ_EVENT_CONNECT_RETRIED:
        verdict_at_.reset();
        if (is_connected_) {
          reason_ = "the server closed it or left heartbeats unanswered";
          return Event::kClosed;
        }
        reason_ = is_handshake_broken_
                      ? "no ZeroMQ handshake: the server is frozen, or the port is not Arkouda's"
                      : "connection refused or timed out";
        return Event::kFailed;
      default:
        break;
    }
  }
  if (!verdict_at_ || now < *verdict_at_) return std::nullopt;
  verdict_at_.reset();
  if (!is_connected_) {
    reason_ = "the peer does not speak ZeroMQ's protocol";
    return Event::kFailed;
  }
  // libzmq does not tell the two apart.
  reason_ = "the reply is over --arkouda.max-reply-bytes (" + std::to_string(max_reply_bytes_) +
            "), or there is not enough memory for it; it was left unread";
  return Event::kRefused;
}

bool Connection::Send(std::string_view request) {
  // Asking for the events lets libzmq take notice of a pipe that came or went a moment ago.
  if ((socket_.get(zmq::sockopt::events) & ZMQ_POLLOUT) == 0) return false;
  const auto flags = zmq::send_flags::dontwait;
  return socket_.send(zmq::message_t(), zmq::send_flags::sndmore | flags) &&
         socket_.send(zmq::buffer(request), flags);
}

std::optional<Frames> Connection::Receive() {
  Frames frames;
  zmq::message_t frame;
  if (!socket_.recv(frame, zmq::recv_flags::dontwait)) return std::nullopt;
  // A REP socket puts the empty delimiter first (RFC 28/REQREP); without it, the frame is content.
  if (!frame.empty() || !frame.more()) frames.push_back(std::move(frame));
  while (socket_.get(zmq::sockopt::rcvmore) != 0) {
    zmq::message_t next;
    static_cast<void>(socket_.recv(next));
    frames.push_back(std::move(next));
  }
  return frames;
}

}  // namespace arkouda_exporter
