#include "exporter/arkouda/target_session.h"

#include <algorithm>
#include <cassert>

namespace arkouda_exporter {

TargetSession::TargetSession(const Settings& settings, TimePoint start)
    : settings_(settings),
      next_tick_(start),
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

TargetSession::Actions TargetSession::OnTime(TimePoint now) {
  Actions actions;
  if (poll_ && now >= poll_->deadline) {
    EndPoll(poll_->sent_at ? PollResult::kTimeout : PollResult::kUnreachable, std::nullopt,
            actions);
  }
  if (now >= next_tick_) {
    next_tick_ += settings_.interval * ((now - next_tick_) / settings_.interval + 1);
    BeginPoll(now, actions);
  }
  if (connection_ == Connection::kNone && now >= connect_at_) {
    connection_ = Connection::kConnecting;
    actions.emplace_back(Connect{});
  }
  return actions;
}

TargetSession::Actions TargetSession::OnConnected(TimePoint now) {
  Actions actions;
  connection_ = Connection::kConnected;
  reconnect_pause_ = settings_.first_reconnect_pause;
  polls_until_server_info_ = 0;
  if (poll_) SendFirst(now, actions);
  return actions;
}

TargetSession::Actions TargetSession::OnConnectionLost(TimePoint now, PollResult result) {
  Actions actions;
  // A poll that still waits for a connection goes on waiting.
  if (poll_ && poll_->sent_at) EndPoll(result, std::nullopt, actions);
  outstanding_.reset();
  connection_ = Connection::kNone;
  connect_at_ = now + reconnect_pause_;
  reconnect_pause_ = std::min(reconnect_pause_ * 2, settings_.longest_reconnect_pause);
  return actions;
}

TargetSession::Actions TargetSession::OnReply(PollResult result) {
  assert(outstanding_);
  Actions actions;
  const Outstanding answered = *outstanding_;
  outstanding_.reset();
  const bool is_late = !poll_;
  const bool is_usable = result == PollResult::kSuccess;
  if (answered.kind == RequestKind::kServerInfo) {
    polls_until_server_info_ = is_usable ? settings_.polls_per_server_info - 1 : 0;
    if (!is_late) SendRequest(RequestKind::kAll, answered.poll_sent_at, actions);
  } else if (!is_late) {
    EndPoll(result, answered.poll_sent_at, actions);
  } else if (is_usable) {
    actions.emplace_back(LateReply{answered.poll_sent_at});
  }
  return actions;
}

std::optional<RequestKind> TargetSession::outstanding() const {
  if (!outstanding_) return std::nullopt;
  return outstanding_->kind;
}

void TargetSession::BeginPoll(TimePoint now, Actions& actions) {
  if (outstanding_) {
    actions.emplace_back(PollEnded{PollResult::kOutstanding, std::nullopt});
    return;
  }
  // With a time-out above the interval, the poll before may still wait for a connection.
  if (poll_) EndPoll(PollResult::kUnreachable, std::nullopt, actions);
  poll_ = Poll{.deadline = now + settings_.timeout, .sent_at = std::nullopt};
  if (is_connected()) SendFirst(now, actions);
}

void TargetSession::SendFirst(TimePoint now, Actions& actions) {
  poll_->sent_at = now;
  if (polls_until_server_info_ == 0) {
    SendRequest(RequestKind::kServerInfo, now, actions);
  } else {
    --polls_until_server_info_;
    SendRequest(RequestKind::kAll, now, actions);
  }
}

void TargetSession::SendRequest(RequestKind kind, TimePoint poll_sent_at, Actions& actions) {
  assert(is_connected() && !outstanding_);
  outstanding_ = Outstanding{.kind = kind, .poll_sent_at = poll_sent_at};
  actions.emplace_back(Send{kind});
}

void TargetSession::EndPoll(PollResult result, std::optional<TimePoint> sent_at, Actions& actions) {
  poll_.reset();
  actions.emplace_back(PollEnded{result, sent_at});
}

}  // namespace arkouda_exporter
