#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "exporter/arkouda/poll_result.h"
#include "exporter/arkouda/request.h"

namespace arkouda_exporter {

/// The time line of the session: a steady clock's, handed in.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// When to poll one target, when to wait, give up and reconnect: a state machine that is handed
/// events and the time and answers with what is to be done. It touches no socket and no clock.
///
/// It keeps two promises. At most one request is outstanding: a new one is only sent once the last
/// one was answered or its connection is gone. And nothing is sent without a connection.
///
/// Every tick of the interval is one poll. A poll asks for SERVER_INFO first when that is due, then
/// for ALL, and ends in exactly one PollResult. A poll that begins without a connection waits for
/// one until its deadline; one that is sent and not answered by its deadline ends as kTimeout while
/// its request stays outstanding, and every tick until the late reply ends as kOutstanding.
class TargetSession {
 public:
  struct Settings {
    Duration interval{};
    Duration timeout{};
    /// SERVER_INFO is asked for after every connection and in every poll of this number after that.
    int polls_per_server_info = 20;
    /// The pause before another attempt to connect doubles from the first to the longest.
    Duration first_reconnect_pause = std::chrono::milliseconds(100);
    Duration longest_reconnect_pause = std::chrono::seconds(1);
  };

  /// Open a connection, in place of any earlier one, and report how that goes.
  struct Connect {};
  /// Send this request on the connection.
  struct Send {
    RequestKind kind;
  };
  /// A poll has ended. `sent_at`: when its first request was sent, for one that ended by a reply.
  struct PollEnded {
    PollResult result;
    std::optional<TimePoint> sent_at;
  };
  /// The reply to a poll that had timed out has come after all, and can be used. `sent_at` as
  /// above.
  struct LateReply {
    TimePoint sent_at;
  };
  using Action = std::variant<Connect, Send, PollEnded, LateReply>;
  using Actions = std::vector<Action>;

  /// The first poll is due at `start`, the others at whole intervals after it.
  TargetSession(const Settings& settings, TimePoint start);

  /// When OnTime must be called next, at the latest.
  TimePoint NextWakeup() const;

  /// Time has passed. Ticks that were missed (a suspended machine) are dropped, not made up for.
  Actions OnTime(TimePoint now);

  /// The connection asked for by Connect stands.
  Actions OnConnected(TimePoint now);

  /// The connection went, or could not be made. `result` is what a request waiting on it ends as:
  /// kDisconnected, or what is known better.
  Actions OnConnectionLost(TimePoint now, PollResult result = PollResult::kDisconnected);

  /// The outstanding request was answered. `result`: kSuccess when the reply can be used. A
  /// SERVER_INFO reply that can't costs the information, not the poll.
  Actions OnReply(PollResult result);

  /// The request that is not answered yet.
  std::optional<RequestKind> outstanding() const;
  bool is_connected() const { return connection_ == Connection::kConnected; }

 private:
  enum class Connection { kNone, kConnecting, kConnected };

  struct Poll {
    TimePoint deadline;
    std::optional<TimePoint> sent_at;  // nullopt: waits for a connection
  };
  struct Outstanding {
    RequestKind kind;
    TimePoint poll_sent_at;
  };

  void BeginPoll(TimePoint now, Actions& actions);
  void SendFirst(TimePoint now, Actions& actions);
  void SendRequest(RequestKind kind, TimePoint poll_sent_at, Actions& actions);
  void EndPoll(PollResult result, std::optional<TimePoint> sent_at, Actions& actions);

  // Constant after construction.
  const Settings settings_;

  TimePoint next_tick_;
  std::optional<Poll> poll_;
  std::optional<Outstanding> outstanding_;
  Connection connection_ = Connection::kNone;
  TimePoint connect_at_;  // while kNone
  Duration reconnect_pause_;
  int polls_until_server_info_ = 0;
};

}  // namespace arkouda_exporter
