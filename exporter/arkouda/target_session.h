#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>

#include "exporter/arkouda/decode.h"
#include "exporter/arkouda/poll_outcome.h"
#include "exporter/arkouda/request.h"

namespace arkouda_exporter {

/// When to poll one target, when to wait, give up and reconnect: a state machine that is handed
/// events and the time, and says by a queue what is to be done. It touches no socket and no clock.
///
/// It keeps two promises. At most one request is outstanding: a new one is only sent once the last
/// one was answered or its connection is gone. And nothing is sent without a connection.
///
/// Every tick of the interval is one poll. A poll asks for SERVER_INFO first when that is due, then
/// for ALL, and ends in exactly one PollOutcome. A poll that begins without a connection waits for
/// one until its deadline; one that is sent and not answered by its deadline ends as kTimeout while
/// its request stays outstanding, and every tick until the late reply ends as kOutstanding.
class TargetSession {
 public:
  struct Settings {
    Duration interval{};
    Duration timeout{};
    /// SERVER_INFO is asked for after every connection and in every poll of this number after that.
    int polls_per_server_info = 20;
    /// The pause before another attempt to connect doubles from the first to the longest. A poll
    /// that begins does not wait for its end, so that a server that is back answers it.
    Duration first_reconnect_pause = std::chrono::milliseconds(100);
    Duration longest_reconnect_pause = std::chrono::seconds(1);
  };

  /// Open a connection, in place of any earlier one, and report how that goes.
  struct Connect {};
  /// Send this request on the connection.
  struct Send {
    RequestKind kind;
  };
  /// Close the connection.
  struct Disconnect {};
  /// What has happened to the target is to be told.
  struct Report {
    TargetEvent event;
  };
  using Action = std::variant<Connect, Send, Disconnect, Report>;

  /// It connects at `start`. The first poll is due at `first_poll`, the others at whole intervals
  /// after that.
  TargetSession(const Settings& settings, TimePoint start, TimePoint first_poll);

  /// When OnTime must be called next, at the latest.
  TimePoint NextWakeup() const;

  /// Time has passed. Ticks that were missed (a suspended machine) are dropped, not made up for.
  void OnTime(TimePoint now);

  /// The connection asked for by Connect stands.
  void OnConnected(TimePoint now);

  /// The connection went, or could not be made. `result` is what a request waiting on it ends as:
  /// kDisconnected, or what is known better; `reason`: why, for people.
  void OnConnectionLost(TimePoint now, PollResult result, std::string_view reason);

  /// The outstanding request, which was for ALL, was answered by that many bytes.
  void OnMetrics(std::size_t bytes, tl::expected<Metrics, ReplyError> reply);
  /// The outstanding request, which was for SERVER_INFO, was answered. A reply that can't be used
  /// costs the information, not the poll.
  void OnServerInfo(tl::expected<Information, ReplyError> reply);

  /// What is to be done next; nullopt when all is done.
  std::optional<Action> NextAction();

  /// The request that is not answered yet.
  std::optional<RequestKind> outstanding() const;
  bool is_connected() const { return connection_ == Connection::kConnected; }

  /// How much the last reply that could be used had.
  const Entries::Sizes& last_sizes() const { return last_sizes_; }

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

  void BeginPoll(TimePoint now);
  void SendFirst(TimePoint now);
  void SendRequest(RequestKind kind, TimePoint poll_sent_at);
  /// Ends the poll, if there is one, and tells it with what is known of the server.
  void EndPoll(PollOutcome outcome);
  /// What a poll ends as that has waited in vain for a connection.
  PollOutcome Unreachable() const;
  Outstanding TakeOutstanding();

  // Constant after construction.
  const Settings settings_;

  std::list<Action> actions_;  // nearly always empty
  TimePoint next_tick_;
  std::optional<Poll> poll_;
  std::optional<Outstanding> outstanding_;
  Connection connection_ = Connection::kNone;
  TimePoint connect_at_;  // while kNone
  Duration reconnect_pause_;
  std::string why_not_connected_;  // of the last attempt
  int polls_until_server_info_ = 0;
  std::shared_ptr<const ServerInfo> server_info_;  // of this connection
  std::string server_info_fault_;
  Skips server_info_skips_;  // of a SERVER_INFO reply that no poll has told yet
  Entries::Sizes last_sizes_;
};

}  // namespace arkouda_exporter
