#include "exporter/arkouda/poll_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <type_traits>
#include <variant>

namespace arkouda_exporter {
namespace {

TimePoint Now() { return std::chrono::steady_clock::now(); }

int OpenEventFd() {
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) throw std::system_error(errno, std::system_category(), "eventfd");
  return fd;
}

TargetHandler::PollTimes TimesSince(TimePoint sent_at) {
  return {.duration = Now() - sent_at, .now = std::chrono::system_clock::now()};
}

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

}  // namespace

struct PollLoop::Target {
  Target(const PolledTarget& settings_in, TimePoint start)
      : settings(settings_in), session(settings_in.session, start) {}

  TimePoint NextWakeup() const {
    const TimePoint wakeup = session.NextWakeup();
    if (!connection || !connection->Deadline()) return wakeup;
    return std::min(wakeup, *connection->Deadline());
  }

  const PolledTarget& settings;
  TargetSession session;
  std::optional<Connection> connection;
  bool prefers_ipv6 = false;
};

PollLoop::PollLoop(std::vector<PolledTarget> targets)
    : targets_(std::move(targets)),
      wake_fd_(OpenEventFd()),
      last_turn_(Now().time_since_epoch().count()) {}

PollLoop::~PollLoop() { close(wake_fd_); }

void PollLoop::Run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { eventfd_write(wake_fd_, 1); });
  std::vector<std::unique_ptr<Target>> targets;
  for (const PolledTarget& target : targets_) {
    targets.push_back(std::make_unique<Target>(target, Now()));
  }
  // The eventfd, then two for each target: its socket and its monitor. Without a connection they
  // are the eventfd again, so that a target's place is known.
  const zmq::pollitem_t wake_item{nullptr, wake_fd_, ZMQ_POLLIN, 0};
  std::vector<zmq::pollitem_t> items(1 + 2 * targets.size(), wake_item);
  while (!stop.stop_requested()) {
    last_turn_ = Now().time_since_epoch().count();
    TimePoint wakeup = TimePoint::max();
    for (std::size_t i = 0; i < targets.size(); ++i) {
      Target& target = *targets[i];
      zmq::pollitem_t& socket = items[1 + 2 * i];
      zmq::pollitem_t& monitor = items[2 + 2 * i];
      Turn(target, socket.revents != 0, monitor.revents != 0);
      wakeup = std::min(wakeup, target.NextWakeup());
      socket = monitor = wake_item;
      if (!target.connection) continue;
      socket = {target.connection->socket_handle(), 0, ZMQ_POLLIN, 0};
      monitor = {target.connection->monitor_handle(), 0, ZMQ_POLLIN, 0};
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(wakeup - Now());
    const auto timeout = std::max(wait, std::chrono::milliseconds(0));
    // The C function, since cppzmq's throws on EINTR, which a stopped and continued process gets.
    if (zmq_poll(items.data(), static_cast<int>(items.size()), timeout.count()) < 0 &&
        errno != EINTR) {
      throw zmq::error_t();
    }
  }
}

void PollLoop::Turn(Target& target, bool has_input, bool has_event) {
  // The monitor comes first: a reply that was received before the connection went belongs to a
  // server that may be gone, and the connection is closed with it.
  while (target.connection && (has_event || target.connection->IsDue(Now()))) {
    const auto event = target.connection->NextEvent(Now());
    if (!event) break;
    switch (*event) {
      case Connection::Event::kConnected:
        target.settings.handler->OnConnected();
        Carry(target, target.session.OnConnected(Now()));
        break;
      case Connection::Event::kFailed:
        target.prefers_ipv6 = !target.prefers_ipv6;
        [[fallthrough]];
      case Connection::Event::kClosed:
        LoseConnection(target, PollResult::kDisconnected, target.connection->reason());
        break;
      case Connection::Event::kRefused:
        LoseConnection(target, PollResult::kOversizedReply, target.connection->reason());
        break;
    }
  }
  while (has_input && target.connection) {
    auto frames = target.connection->Receive();
    if (!frames) break;
    const auto asked = target.session.outstanding();
    if (!asked) {
      LoseConnection(target, PollResult::kDisconnected,
                     "the peer sent something that nobody asked for");
      break;
    }
    const PollResult result = target.settings.handler->OnReply(*asked, *std::move(frames));
    Carry(target, target.session.OnReply(result));
  }
  Carry(target, target.session.OnTime(Now()));
}

void PollLoop::Carry(Target& target, const TargetSession::Actions& actions) {
  TargetHandler& handler = *target.settings.handler;
  for (const TargetSession::Action& action : actions) {
    std::visit(Overloaded{[&](const TargetSession::Connect&) {
                            // libzmq has no socket when descriptors run out.
                            try {
                              target.connection.emplace(context_, target.settings.connection,
                                                        target.prefers_ipv6);
                            } catch (const zmq::error_t& error) {
                              LoseConnection(target, PollResult::kDisconnected, error.what());
                            }
                          },
                          [&](const TargetSession::Send& send) {
                            if (!target.connection->Send(handler.RequestBytes(send.kind))) {
                              LoseConnection(target, PollResult::kDisconnected,
                                             "the request could not be sent");
                            }
                          },
                          [&](const TargetSession::PollEnded& ended) {
                            handler.OnPollEnded(ended.result,
                                                ended.sent_at
                                                    ? std::optional(TimesSince(*ended.sent_at))
                                                    : std::nullopt);
                          },
                          [&](const TargetSession::LateReply& late) {
                            handler.OnLateReply(TimesSince(late.sent_at));
                          }},
               action);
  }
}

void PollLoop::LoseConnection(Target& target, PollResult result, std::string_view reason) {
  target.settings.handler->OnConnectionLost(target.session.is_connected(), reason);
  const TargetSession::Actions actions = target.session.OnConnectionLost(Now(), result);
  target.connection.reset();
  Carry(target, actions);
}

}  // namespace arkouda_exporter
