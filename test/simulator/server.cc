#include "test/simulator/server.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <utility>
#include <zmq_addon.hpp>

#include "common/log.h"
#include "common/quote.h"

namespace arkouda_simulator {
namespace {

constexpr std::size_t kQuotedBytes = 2000;
// So that a flood of requests can't keep the signals and the other servers waiting.
constexpr int kRequestsInOneGo = 1000;
constexpr std::chrono::milliseconds kLingerAfterReply{1000};
// ZeroMQ's thread closes a port some time after it was told to.
constexpr std::chrono::milliseconds kPauseBeforeBindingAgain{5};

// The one frame behind the envelope, which is everything up to the first empty frame: whatever a
// real REP hands on. Any other shape halts the server, or is dropped without an answer.
tl::expected<std::string_view, std::string> BodyOf(const std::vector<zmq::message_t>& frames) {
  const auto delimiter = std::find_if(std::next(frames.begin()), frames.end(),
                                      [](const zmq::message_t& frame) { return frame.empty(); });
  if (delimiter == frames.end()) {
    return tl::unexpected(std::string("there is no empty delimiter frame"));
  }
  const auto count = std::distance(delimiter, frames.end()) - 1;
  if (count != 1) return tl::unexpected(fmt::format("{} frames, expected one", count));
  return frames.back().to_string_view();
}

}  // namespace

Server::Server(Shared shared, std::size_t number, ReservedPort port)
    : shared_(shared), number_(number), port_(std::move(port)), plan_(shared.options.faults) {}

void Server::Become(Condition condition) {
  if (condition == Condition::kGone) {
    Close(std::chrono::milliseconds(0));
  } else if (condition_ == Condition::kGone) {
    Open();
  }
  condition_ = condition;
  // Whatever waits is answered now, if it may be.
  if (sockets_) WantTurn(Clock::time_point::min());
}

void Server::Restart() {
  if (condition_ != Condition::kGone) CloseAndComeBack(kLingerAfterReply);
}

void Server::CloseAndComeBack(std::chrono::milliseconds linger) {
  arkouda_exporter::LogInfo("restarting in place", {{"requests_waiting", waiting_.size()}});
  Close(linger);
  condition_ = Condition::kAnswering;
  Open();
}

void Server::Open() {
  const std::string endpoint =
      fmt::format("tcp://{}:{}", shared_.options.listen.address, port_.number());
  const std::string monitor_address = fmt::format("inproc://monitor-{}-{}", number_, starts_++);
  Sockets sockets{.router = zmq::socket_t(shared_.context, zmq::socket_type::router),
                  .monitor = zmq::socket_t(shared_.context, zmq::socket_type::pair)};
  sockets.router.set(zmq::sockopt::linger, 0);
  sockets.router.set(zmq::sockopt::ipv6, 0);  // Arkouda listens on IPv4 only
  sockets.monitor.set(zmq::sockopt::linger, 0);
  if (zmq_socket_monitor(sockets.router.handle(), monitor_address.c_str(),
                         ZMQ_EVENT_HANDSHAKE_SUCCEEDED) != 0) {
    throw zmq::error_t();
  }
  sockets.monitor.connect(monitor_address);
  try {
    sockets.router.bind(endpoint);
  } catch (const zmq::error_t& error) {
    if (error.num() != EADDRINUSE) throw;
    return WantTurn(Clock::now() + kPauseBeforeBindingAgain);
  }
  shared_.epoll.Add(sockets.router.get(zmq::sockopt::fd), number_);
  shared_.epoll.Add(sockets.monitor.get(zmq::sockopt::fd), number_);
  sockets_ = std::move(sockets);
  replies_.emplace(shared_.options, number_, port_.number(), shared_.wall_clock);
  WantTurn(Clock::time_point::min());
}

void Server::Close(std::chrono::milliseconds linger) {
  next_turn_.reset();
  waiting_.clear();
  served_.reset();
  if (!sockets_) return;
  CountConnections();
  sockets_->router.set(zmq::sockopt::linger, static_cast<int>(linger.count()));
  shared_.epoll.Remove(sockets_->router.get(zmq::sockopt::fd));
  shared_.epoll.Remove(sockets_->monitor.get(zmq::sockopt::fd));
  sockets_.reset();
}

void Server::WantTurn(Clock::time_point at) { next_turn_ = std::min(at, next_turn_.value_or(at)); }

void Server::Turn(Clock::time_point now) {
  if (next_turn_ && *next_turn_ <= now) next_turn_.reset();
  if (!sockets_ && condition_ != Condition::kGone && !next_turn_) Open();
  // A socket's descriptor tells once what its functions then find: each of them until there is no
  // more. Requests come before answers, so that what waited together is seen together.
  do {
    if (!sockets_) return;
    CountConnections();
    ReceiveRequests();
  } while (!end_ && Serve(now));
}

void Server::ReceiveRequests() {
  for (int i = 0; i < kRequestsInOneGo && !end_; ++i) {
    std::vector<zmq::message_t> frames;
    if (!zmq::recv_multipart(sockets_->router, std::back_inserter(frames),
                             zmq::recv_flags::dontwait)) {
      return;
    }
    ReceiveRequest(std::move(frames));
  }
  WantTurn(Clock::time_point::min());
}

void Server::ReceiveRequest(std::vector<zmq::message_t> frames) {
  ++counts_.requests;
  counts_.most_waiting = std::max<std::uint64_t>(counts_.most_waiting, waiting_.size() + 1);

  const auto body = BodyOf(frames);
  auto request = body ? ReadRequest(*body, shared_.options.form)
                      : tl::expected<Request, std::string>(tl::unexpect, body.error());
  if (!request) {
    ++counts_.other;
    std::string bytes;
    for (std::size_t i = body ? frames.size() - 1 : 1; i < frames.size(); ++i) {
      bytes += frames[i].to_string_view();
    }
    EndAsFatal(request.error(), bytes);
    return;
  }
  switch (request->kind) {
    case RequestKind::kAll:
      ++counts_.all;
      break;
    case RequestKind::kServerInfo:
      ++counts_.server_info;
      break;
    default:
      ++counts_.other;
  }
  frames.pop_back();
  waiting_.push_back({.envelope = std::move(frames), .request = *std::move(request)});
}

bool Server::Serve(Clock::time_point now) {
  if (condition_ == Condition::kHanging || waiting_.empty()) return false;
  if (!served_) {
    const FaultSet faults = plan_.Next(waiting_.front().request.kind);
    served_ = Served{.faults = faults, .answer_at = now + faults.delay()};
    if (faults.Has(FaultKind::kHang)) {
      arkouda_exporter::LogInfo("hanging");
      condition_ = Condition::kHanging;
      return false;
    }
  }
  if (served_->answer_at > now) {
    WantTurn(served_->answer_at);
    return false;
  }
  Answer();
  return true;
}

void Server::Answer() {
  const FaultSet faults = std::exchange(served_, std::nullopt)->faults;
  if (faults.Has(FaultKind::kDie)) {
    end_ = kDied;
    return;
  }
  if (faults.Has(FaultKind::kClose)) return CloseAndComeBack(std::chrono::milliseconds(0));
  std::vector<zmq::message_t> frames = std::move(waiting_.front().envelope);
  for (const std::string& frame : replies_->Answer(waiting_.front().request, faults)) {
    frames.emplace_back(frame.data(), frame.size());
  }
  waiting_.pop_front();
  // A ROUTER drops what is for a client that has gone, as a REP does.
  zmq::send_multipart(sockets_->router, frames);
  if (faults.Has(FaultKind::kRestart)) CloseAndComeBack(kLingerAfterReply);
}

void Server::CountConnections() {
  std::vector<zmq::message_t> event;
  while (zmq::recv_multipart(sockets_->monitor, std::back_inserter(event),
                             zmq::recv_flags::dontwait)) {
    std::uint16_t number =
        0;  // the first two bytes, in the machine's order (zmq_socket_monitor(3))
    std::memcpy(&number, event.front().data(), sizeof number);
    if (number == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) ++counts_.connections;
    event.clear();
  }
}

void Server::EndAsFatal(std::string_view reason, std::string_view bytes) {
  fmt::print(stderr, "fatal request: {}: {}\n", reason,
             arkouda_exporter::QuoteBytes(arkouda_exporter::Excerpt(bytes, kQuotedBytes)));
  end_ = kFatalRequest;
}

}  // namespace arkouda_simulator
