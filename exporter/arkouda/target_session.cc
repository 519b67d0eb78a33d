#include "exporter/arkouda/target_session.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace arkouda_exporter {

TargetSession::TargetSession(const Settings& settings, TimePoint start, TimePoint first_poll)
    : settings_(settings),
      next_tick_(first_poll),
      connect_at_(start),
      reconnect_pause_(settings.first_reconnect_pause) {
  assert(settings.interval > Duration::zero() && settings.timeout > Duration::zero());
}

TimePoint TargetSession::NextWakeup() const {
  TimePoint wakeup = next_tick_;
  if (poll_) wakeup = std::min(wakeup, poll_->deadline);
  if (connection_ == Connection::kNone) wakeup = std::min(wakeup, connect_at_);
  return wakeup;
}

void TargetSession::OnTime(TimePoint now) {
  if (poll_ && now >= poll_->deadline) {
    if (poll_->sent_at) {
      EndPoll({.result = PollResult::kTimeout,
               .reason = "no reply within --arkouda.timeout; still waiting for it"});
    } else {
      EndPoll(Unreachable());
    }
  }
  if (now >= next_tick_) {
    next_tick_ += settings_.interval * ((now - next_tick_) / settings_.interval + 1);
    BeginPoll(now);
  }
  if (connection_ == Connection::kNone && now >= connect_at_) {
    connection_ = Connection::kConnecting;
    actions_.emplace_back(Connect{});
  }
}

void TargetSession::OnConnected(TimePoint now) {
  connection_ = Connection::kConnected;
  reconnect_pause_ = settings_.first_reconnect_pause;
  polls_until_server_info_ = 0;
  why_not_connected_.clear();
  actions_.emplace_back(Report{Connected{}});
  if (poll_) SendFirst(now);
}

void TargetSession::OnConnectionLost(TimePoint now, PollResult result, std::string_view reason) {
  actions_.emplace_back(Disconnect{});
  actions_.emplace_back(
      Report{NotConnected{.had_connection = is_connected(), .reason = std::string(reason)}});
  // What an old server said of itself must not stand beside a new one's values.
  server_info_.reset();
  why_not_connected_ = reason;
  // A poll that still waits for a connection goes on waiting.
  if (poll_ && poll_->sent_at) EndPoll({.result = result, .reason = std::string(reason)});
  outstanding_.reset();
  connection_ = Connection::kNone;
  connect_at_ = now + reconnect_pause_;
  reconnect_pause_ = std::min(reconnect_pause_ * 2, settings_.longest_reconnect_pause);
}

void TargetSession::OnServerInfo(tl::expected<Information, ReplyError> reply) {
  const Outstanding answered = TakeOutstanding();
  polls_until_server_info_ = reply ? settings_.polls_per_server_info - 1 : 0;
  if (reply) {
    server_info_ = std::make_shared<const ServerInfo>(std::move(reply->info));
    server_info_skips_.Add(reply->skips);
    server_info_fault_.clear();
  } else {
    server_info_.reset();
    server_info_fault_ = std::move(reply).error().reason;
  }
  if (poll_) SendRequest(RequestKind::kAll, answered.poll_sent_at);
}

void TargetSession::OnMetrics(std::size_t bytes, tl::expected<Metrics, ReplyError> reply) {
  const Outstanding answered = TakeOutstanding();
  const bool is_late = !poll_;
  if (!reply) {
    if (is_late) return;
    EndPoll({.result = reply.error().result,
             .reason = std::move(reply).error().reason,
             .sent_at = answered.poll_sent_at,
             .reply_bytes = bytes});
    return;
  }
  last_sizes_ = reply->entries.GetSizes();
  EndPoll({.result = PollResult::kSuccess,
           .is_late = is_late,
           .sent_at = answered.poll_sent_at,
           .reply_bytes = bytes,
           .answer = Answer{.entries = std::move(reply->entries),
                            .timestamp = reply->timestamp,
                            .server_info = server_info_},
           .skips = std::move(reply->skips)});
}

std::optional<TargetSession::Action> TargetSession::NextAction() {
  if (actions_.empty()) return std::nullopt;
  std::optional<Action> action(std::move(actions_.front()));
  actions_.pop_front();
  return action;
}

std::optional<RequestKind> TargetSession::outstanding() const {
  if (!outstanding_) return std::nullopt;
  return outstanding_->kind;
}

void TargetSession::BeginPoll(TimePoint now) {
  if (outstanding_) {
    // The poll whose request it is goes on, or has ended by its time-out.
    actions_.emplace_back(Report{
        PollOutcome{.result = PollResult::kOutstanding, .server_info_fault = server_info_fault_}});
    return;
  }
  // With a time-out above the interval, the poll before may still wait for a connection.
  if (poll_) EndPoll(Unreachable());
  poll_ = Poll{.deadline = now + settings_.timeout, .sent_at = std::nullopt};
  if (is_connected()) {
    SendFirst(now);
  } else {
    connect_at_ = now;
  }
}

void TargetSession::SendFirst(TimePoint now) {
  poll_->sent_at = now;
  if (polls_until_server_info_ == 0) {
    SendRequest(RequestKind::kServerInfo, now);
  } else {
    --polls_until_server_info_;
    SendRequest(RequestKind::kAll, now);
  }
}

void TargetSession::SendRequest(RequestKind kind, TimePoint poll_sent_at) {
  assert(is_connected() && !outstanding_);
  outstanding_ = Outstanding{.kind = kind, .poll_sent_at = poll_sent_at};
  actions_.emplace_back(Send{kind});
}

void TargetSession::EndPoll(PollOutcome outcome) {
  poll_.reset();
  outcome.server_info_fault = server_info_fault_;
  outcome.skips.Add(std::exchange(server_info_skips_, {}));
  actions_.emplace_back(Report{std::move(outcome)});
}

PollOutcome TargetSession::Unreachable() const {
  return {.result = PollResult::kUnreachable,
          .reason = why_not_connected_.empty()
                        ? "no connection within --arkouda.timeout; still looking up the name or "
                          "connecting"
                        : why_not_connected_};
}

TargetSession::Outstanding TargetSession::TakeOutstanding() {
  assert(outstanding_);
  const Outstanding answered = *outstanding_;
  outstanding_.reset();
  return answered;
}

}  // namespace arkouda_exporter
