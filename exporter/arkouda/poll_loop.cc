#include "exporter/arkouda/poll_loop.h"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <list>
#include <string_view>
#include <system_error>
#include <variant>

#include "common/log.h"

namespace arkouda_exporter {
namespace {

// Whoever watches the loop sees it turn at least this often.
constexpr std::chrono::seconds kBeat(1);

// A target takes three sockets: its own, and the two ends of its monitor. One is closed while the
// next is opened, by a thread of libzmq's.
constexpr std::size_t kSocketsPerTarget = 4;
constexpr std::size_t kMostSockets = 65'000;  // below libzmq's own bound (ZMQ_SOCKET_LIMIT)
constexpr std::size_t kLeastSockets = 1'023;  // what libzmq has unless told

// What epoll tells of a descriptor: whose it is, and which of the two.
constexpr std::uint64_t kWakeData = 0;
constexpr std::uint64_t SocketData(std::uint64_t id) { return id * 2; }
constexpr std::uint64_t MonitorData(std::uint64_t id) { return id * 2 + 1; }

TimePoint Now() { return std::chrono::steady_clock::now(); }

FileDescriptor OrThrow(int fd, const char* what) {
  if (fd < 0) throw std::system_error(errno, std::system_category(), what);
  return FileDescriptor(fd);
}

void Watch(int epoll, int fd, std::uint64_t data) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = data;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    throw std::system_error(errno, std::system_category(), "epoll_ctl");
  }
}

std::string_view Name(RequestKind kind) {
  return kind == RequestKind::kAll ? "ALL" : "SERVER_INFO";
}

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};
template <typename... Visitors>
Overloaded(Visitors...) -> Overloaded<Visitors...>;

}  // namespace

// One target: its session and its connection. What the session wants done is done before any call
// returns, one action after the other.
class PollLoop::Target {
 public:
  Target(PollLoop& loop, std::uint64_t id, PolledTarget settings)
      : loop_(loop),
        id_(id),
        settings_(std::move(settings)),
        session_(settings_.session, Now(), Now() + settings_.first_poll) {
    settings_.on_added();
  }
  ~Target() { Close(); }
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;

  // When Turn is to be called without input; what it was when the loop last asked.
  TimePoint NextWakeup() const {
    TimePoint wakeup = session_.NextWakeup();
    if (connection_ && connection_->Deadline()) {
      wakeup = std::min(wakeup, *connection_->Deadline());
    }
    return wakeup;
  }
  TimePoint wakeup_in_queue;

  void Turn(bool has_input, bool has_event) {
    // What one wait brought may have closed the connection that the rest of it is of. Nothing would
    // take notice of that, and a name's lookup could not end as long as this goes on.
    has_input_ = has_input && connection_;
    has_event_ = has_event && connection_;
    do {
      // The monitor comes first: a reply that was received before the connection went belongs to a
      // server that may be gone, and the connection is closed with it.
      ReadEvent();
      Act();
      ReadReply();
      Act();
      if (IsDone()) return;
      session_.OnTime(Now());
      Act();
    } while (has_input_ || has_event_);
  }

  // The lookup that Connect began has ended.
  void OnResolved(const Resolver::Addresses& addresses) {
    if (addresses) {
      untried_.assign(addresses->begin(), addresses->end());
      ConnectToNext();
    } else {
      LoseConnection(PollResult::kDisconnected, addresses.error());
    }
  }

  // Nobody is told of it any more. False when a request is outstanding: it must stay until the
  // reply has come, or the connection is gone.
  bool Leave() {
    if (!is_leaving_) settings_.on_removed();
    is_leaving_ = true;
    return IsDone();
  }
  bool IsDone() const { return is_leaving_ && !session_.outstanding(); }
  // What is told from now on is told to others.
  void TakeOver(PolledTarget settings) {
    assert(is_leaving_);
    settings_.on_event = std::move(settings.on_event);
    settings_.on_removed = std::move(settings.on_removed);
    is_leaving_ = false;
    settings.on_added();
  }
  const HostPort& address() const { return settings_.connection.address; }

 private:
  void Act() {
    while (auto action = session_.NextAction()) {
      std::visit([this](auto& each) { Do(each); }, *action);
    }
  }

  void ReadEvent() {
    if (!connection_ || !(has_event_ || connection_->IsDue(Now()))) return;
    const auto event = connection_->NextEvent(Now());
    has_event_ = event.has_value();
    if (!event) return;
    switch (*event) {
      case Connection::Event::kConnected:
        untried_.clear();  // the next time, the name may stand for others
        session_.OnConnected(Now());
        return;
      case Connection::Event::kFailed:
      case Connection::Event::kClosed:
        LoseConnection(PollResult::kDisconnected, connection_->reason());
        return;
      case Connection::Event::kRefused:
        LoseConnection(PollResult::kOversizedReply, connection_->reason());
        return;
    }
  }

  void ReadReply() {
    if (!connection_ || !has_input_) return;
    auto frames = connection_->Receive();
    has_input_ = frames.has_value();
    if (!frames) return;
    const auto asked = session_.outstanding();
    if (!asked) {
      LoseConnection(PollResult::kDisconnected, "the peer sent something that nobody asked for");
      return;
    }
    const std::size_t bytes = BytesOf(*frames);
    if (IsLogged(LogLevel::kDebug)) {
      LogDebug("received",
               {{"target", address().ToString()}, {"request", Name(*asked)}, {"bytes", bytes}});
    }
    if (*asked == RequestKind::kServerInfo) {
      session_.OnServerInfo(DecodeServerInfo(*std::move(frames)));
    } else {
      session_.OnMetrics(bytes, DecodeMetrics(*std::move(frames), loop_.settings_.time_zone,
                                              session_.last_sizes()));
    }
  }

  void LoseConnection(PollResult result, std::string_view reason) {
    session_.OnConnectionLost(Now(), result, reason);
  }

  void Do(const TargetSession::Connect&) {
    const std::string& host = address().host;
    if (!untried_.empty()) {
      ConnectToNext();
    } else if (Resolver::IsNumeric(host)) {
      untried_ = {host};
      ConnectToNext();
    } else {
      loop_.resolver_.Resolve(host, [&loop = loop_, id = id_](Resolver::Addresses addresses) {
        loop.Post([&loop, id, addresses = std::move(addresses)] {
          const auto found = loop.targets_.find(id);
          if (found == loop.targets_.end()) return;  // it has gone meanwhile
          found->second->OnResolved(addresses);
          loop.Turn(id, /*has_input=*/false, /*has_event=*/true);
        });
      });
    }
  }

  void ConnectToNext() {
    const std::string next = std::move(untried_.front());
    untried_.pop_front();
    // libzmq has no socket, and epoll no room, when descriptors or memory run out.
    try {
      connection_.emplace(loop_.context_, settings_.connection, next);
      Watch(loop_.epoll_.get(), connection_->socket_fd(), SocketData(id_));
      Watch(loop_.epoll_.get(), connection_->monitor_fd(), MonitorData(id_));
      has_event_ = true;
    } catch (const zmq::error_t& error) {
      LoseConnection(PollResult::kDisconnected, error.what());
    } catch (const std::system_error& error) {
      LoseConnection(PollResult::kDisconnected, error.what());
    }
  }

  void Do(const TargetSession::Send& send) {
    if (IsLogged(LogLevel::kDebug)) {
      LogDebug("sending", {{"target", address().ToString()}, {"request", Name(send.kind)}});
    }
    if (!connection_->Send(loop_.requests_.Bytes(send.kind))) {
      LoseConnection(PollResult::kDisconnected, "the request could not be sent");
    }
    // Whoever sends takes notice of what has come meanwhile, and the descriptor says it no more.
    has_input_ = true;
  }

  void Do(const TargetSession::Disconnect&) { Close(); }

  void Do(TargetSession::Report& report) const {
    if (!is_leaving_) settings_.on_event(std::move(report.event));
  }

  void Close() {
    has_input_ = has_event_ = false;
    if (!connection_) return;
    // A thread of libzmq's closes the descriptors, some time later; until then they may speak.
    epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_DEL, connection_->socket_fd(), nullptr);
    epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_DEL, connection_->monitor_fd(), nullptr);
    connection_.reset();
  }

  PollLoop& loop_;
  const std::uint64_t id_;
  PolledTarget settings_;
  TargetSession session_;
  std::optional<Connection> connection_;
  std::list<std::string> untried_;  // addresses that the host's name stands for
  bool is_leaving_ = false;
  // Whether the socket, or its monitor, may have something to read.
  bool has_input_ = false;
  bool has_event_ = false;
};

PollLoop::PollLoop(Settings settings, RequestSource requests)
    : settings_(settings),
      epoll_(OrThrow(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      last_turn_(Now().time_since_epoch().count()),
      requests_(std::move(requests)) {
  context_.set(zmq::ctxopt::max_sockets,
               static_cast<int>(std::clamp(settings.most_targets * kSocketsPerTarget, kLeastSockets,
                                           kMostSockets)));
  Watch(epoll_.get(), wake_.fd(), kWakeData);
}

PollLoop::~PollLoop() = default;

void PollLoop::Add(PolledTarget target) {
  // std::function wants what can be copied.
  Post([this, shared = std::make_shared<PolledTarget>(std::move(target))] {
    TakeIn(std::move(*shared));
  });
}

void PollLoop::Remove(const HostPort& address) {
  Post([this, address] { LetGo(address); });
}

void PollLoop::CallAfter(Duration after, std::function<void()> what) {
  Post([this, when = Now() + after, what = std::move(what)] { timers_.emplace(when, what); });
}

void PollLoop::Post(Command command) {
  {
    const std::lock_guard lock(mutex_);
    commands_.push_back(std::move(command));
  }
  wake_.Notify();
}

void PollLoop::Run(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] { wake_.Notify(); });
  while (!stop.stop_requested()) {
    last_turn_ = Now().time_since_epoch().count();
    ObeyCommands();
    CallTimers();
    WakeTargets();
    WaitForInput();
  }
  targets_.clear();
}

void PollLoop::ObeyCommands() {
  std::vector<Command> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
  }
  for (const Command& command : commands) command();
}

void PollLoop::CallTimers() {
  while (!timers_.empty() && timers_.begin()->first <= Now()) {
    const auto timer = timers_.extract(timers_.begin());
    timer.mapped()();
  }
}

void PollLoop::TakeIn(PolledTarget settings) {
  if (const auto known = ids_by_address_.find(settings.connection.address);
      known != ids_by_address_.end()) {
    targets_.at(known->second)->TakeOver(std::move(settings));
    return;
  }
  const std::uint64_t id = next_id_++;
  ids_by_address_.emplace(settings.connection.address, id);
  Target& target =
      *targets_.emplace(id, std::make_unique<Target>(*this, id, std::move(settings))).first->second;
  target.wakeup_in_queue = target.NextWakeup();
  wakeups_.emplace(target.wakeup_in_queue, id);
}

void PollLoop::LetGo(const HostPort& address) {
  const auto known = ids_by_address_.find(address);
  if (known == ids_by_address_.end()) return;
  Target& target = *targets_.at(known->second);
  if (target.Leave()) Forget(known->second);
}

void PollLoop::Forget(std::uint64_t id) {
  const Target& target = *targets_.at(id);
  wakeups_.erase({target.wakeup_in_queue, id});
  ids_by_address_.erase(target.address());
  targets_.erase(id);
}

void PollLoop::WakeTargets() {
  while (!wakeups_.empty() && wakeups_.begin()->first <= Now()) {
    Turn(wakeups_.begin()->second, /*has_input=*/false, /*has_event=*/false);
  }
}

void PollLoop::WaitForInput() {
  TimePoint wakeup = Now() + kBeat;
  if (!wakeups_.empty()) wakeup = std::min(wakeup, wakeups_.begin()->first);
  if (!timers_.empty()) wakeup = std::min(wakeup, timers_.begin()->first);
  const auto wait = std::chrono::ceil<std::chrono::milliseconds>(wakeup - Now());
  std::array<epoll_event, 64> events{};
  const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                               static_cast<int>(std::max<std::int64_t>(wait.count(), 0)));
  // EINTR is what a stopped and continued process gets.
  if (count < 0 && errno != EINTR) {
    throw std::system_error(errno, std::system_category(), "epoll_wait");
  }
  for (int i = 0; i < count; ++i) {
    const std::uint64_t data = events.at(static_cast<std::size_t>(i)).data.u64;
    if (data == kWakeData) {
      wake_.Drain();
    } else if (targets_.contains(data / 2)) {
      const bool is_monitor = data % 2 == 1;
      Turn(data / 2, !is_monitor, is_monitor);
    }
  }
}

void PollLoop::Turn(std::uint64_t id, bool has_input, bool has_event) {
  Target& target = *targets_.at(id);
  target.Turn(has_input, has_event);
  if (target.IsDone()) {
    Forget(id);
    return;
  }
  const TimePoint wakeup = target.NextWakeup();
  if (wakeup == target.wakeup_in_queue) return;
  wakeups_.erase({target.wakeup_in_queue, id});
  target.wakeup_in_queue = wakeup;
  wakeups_.emplace(wakeup, id);
}

}  // namespace arkouda_exporter
