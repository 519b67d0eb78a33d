#include "test/simulator/server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <iterator>
#include <utility>
#include <zmq_addon.hpp>

#include "common/log.h"
#include "common/quote.h"

namespace arkouda_simulator {
namespace {

constexpr const char* kRepAddress = "inproc://rep";
constexpr const char* kMonitorAddress = "inproc://monitor";
constexpr std::size_t kQuotedBytes = 2000;
// So that a flood of requests can't keep the signals waiting.
constexpr int kRequestsInOneGo = 1000;
constexpr std::chrono::milliseconds kLingerAfterReply{1000};

std::uint16_t PortOf(std::string_view endpoint) {
  const std::string_view digits = endpoint.substr(endpoint.rfind(':') + 1);
  std::uint16_t port = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return port;
}

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

std::string Counts::ToJson() const {
  return fmt::format(
      R"({{"requests":{},"all":{},"server_info":{},"other":{},"most_waiting":{},"connections":{}}})",
      requests, all, server_info, other, most_waiting, connections);
}

Server::Sockets::Sockets()
    : router(context, zmq::socket_type::router),
      dealer(context, zmq::socket_type::dealer),
      rep(context, zmq::socket_type::rep),
      monitor(context, zmq::socket_type::pair) {
  for (zmq::socket_t* const socket : {&router, &dealer, &rep, &monitor}) {
    socket->set(zmq::sockopt::linger, 0);
  }
  // Between the two there is no limit: what has been received waits here, and must not block.
  for (zmq::socket_t* const socket : {&dealer, &rep}) {
    socket->set(zmq::sockopt::sndhwm, 0);
    socket->set(zmq::sockopt::rcvhwm, 0);
  }
  router.set(zmq::sockopt::ipv6, 0);  // Arkouda listens on IPv4 only
  rep.bind(kRepAddress);
  dealer.connect(kRepAddress);
  if (zmq_socket_monitor(router.handle(), kMonitorAddress, ZMQ_EVENT_HANDSHAKE_SUCCEEDED) != 0) {
    throw zmq::error_t();
  }
  monitor.connect(kMonitorAddress);
}

Server::Server(Options options, WallClock wall_clock)
    : options_(std::move(options)),
      wall_clock_(std::move(wall_clock)),
      endpoint_("tcp://" + options_.listen),
      plan_(options_.faults) {}

tl::expected<void, std::string> Server::Listen() { return Start(); }

tl::expected<void, std::string> Server::Start() {
  sockets_ = std::make_unique<Sockets>();
  try {
    sockets_->router.bind(endpoint_);
  } catch (const zmq::error_t& error) {
    return tl::unexpected(fmt::format("--listen \"{}\": {}", options_.listen, error.what()));
  }
  // The port is kept over restarts, also when it was the kernel's choice at first.
  endpoint_ = sockets_->router.get(zmq::sockopt::last_endpoint);
  replies_.emplace(options_, PortOf(endpoint_), wall_clock_);
  waiting_.clear();
  answer_at_.reset();
  is_hanging_ = false;
  restarts_after_reply_ = false;
  return {};
}

void Server::Restart(std::chrono::milliseconds linger) {
  arkouda_exporter::LogInfo("restarting in place", {{"requests_waiting", waiting_.size()}});
  CountConnections();
  sockets_->router.set(zmq::sockopt::linger, static_cast<int>(linger.count()));
  sockets_.reset();
  if (const auto started = Start(); !started) {
    fmt::print(stderr, "arkouda-metrics-simulator: {}\n", started.error());
    end_ = kCannotListen;
  }
}

Server::ExitStatus Server::Run(const arkouda_exporter::StopSignal& stop, ControlSignals& control) {
  while (!end_) {
    const bool is_idle = !answer_at_ && !is_hanging_;
    std::array<zmq::pollitem_t, 6> items = {{{nullptr, stop.fd(), ZMQ_POLLIN, 0},
                                             {nullptr, control.fd(), ZMQ_POLLIN, 0},
                                             {sockets_->router.handle(), 0, ZMQ_POLLIN, 0},
                                             {sockets_->monitor.handle(), 0, ZMQ_POLLIN, 0},
                                             {sockets_->dealer.handle(), 0, ZMQ_POLLIN, 0},
                                             {sockets_->rep.handle(), 0, ZMQ_POLLIN, 0}}};
    // A REP that is busy does not read: it is left out of the poll then.
    zmq::poll(items.data(), items.size() - (is_idle ? 0 : 1), TimeToAnswer());

    // Requests before replies, so that what waited together is seen together.
    ReceiveRequests();
    CountConnections();
    if (!end_) ForwardReplies();
    if ((items[0].revents & ZMQ_POLLIN) != 0 && !end_) end_ = kStopped;
    HandleSignals(control);
    if (!end_) Serve();
  }
  PrintReport();
  return *end_;
}

std::chrono::milliseconds Server::TimeToAnswer() const {
  if (!answer_at_) return std::chrono::milliseconds(-1);
  const auto left = std::max(*answer_at_ - Clock::now(), Clock::duration::zero());
  return std::chrono::ceil<std::chrono::milliseconds>(left);
}

void Server::HandleSignals(ControlSignals& control) {
  while (const auto signal = control.Next()) {
    if (*signal == SIGUSR1) PrintReport();
    if (*signal == SIGHUP && !end_) Restart(kLingerAfterReply);
  }
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
}

void Server::ReceiveRequest(std::vector<zmq::message_t> frames) {
  ++counts_.requests;
  counts_.most_waiting = std::max<std::uint64_t>(counts_.most_waiting, waiting_.size() + 1);

  const auto body = BodyOf(frames);
  auto request = body ? ReadRequest(*body, options_.form)
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
  waiting_.push_back(*std::move(request));
  zmq::send_multipart(sockets_->dealer, std::move(frames));
}

void Server::ForwardReplies() {
  std::vector<zmq::message_t> frames;
  while (zmq::recv_multipart(sockets_->dealer, std::back_inserter(frames),
                             zmq::recv_flags::dontwait)) {
    // A ROUTER drops what is for a client that has gone, as a REP does.
    zmq::send_multipart(sockets_->router, std::exchange(frames, {}));
    waiting_.pop_front();
  }
  if (restarts_after_reply_) Restart(kLingerAfterReply);
}

void Server::Serve() {
  if (is_hanging_) return;
  if (answer_at_) {
    if (Clock::now() >= *answer_at_) AnswerRequest();
    return;
  }
  zmq::message_t body;
  if (!sockets_->rep.recv(body, zmq::recv_flags::dontwait)) return;
  faults_ = plan_.Next(waiting_.front().kind);
  if (faults_.Has(FaultKind::kHang)) {
    arkouda_exporter::LogInfo("hanging");
    is_hanging_ = true;
  } else if (faults_.Has(FaultKind::kDelay)) {
    answer_at_ = Clock::now() + faults_.delay();
  } else {
    AnswerRequest();
  }
}

void Server::AnswerRequest() {
  answer_at_.reset();
  if (faults_.Has(FaultKind::kDie)) {
    PrintReport();
    _exit(kDied);
  }
  if (faults_.Has(FaultKind::kClose)) return Restart(std::chrono::milliseconds(0));
  // The restart waits until the reply has passed the ROUTER.
  restarts_after_reply_ = faults_.Has(FaultKind::kRestart);
  zmq::send_multipart(sockets_->rep, [&] {
    std::vector<zmq::message_t> frames;
    for (const std::string& frame : replies_->Answer(waiting_.front(), faults_)) {
      frames.emplace_back(frame.data(), frame.size());
    }
    return frames;
  }());
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

void Server::PrintReport() const { std::cout << counts_.ToJson() << std::endl; }

}  // namespace arkouda_simulator
