#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "exporter/arkouda/entries.h"
#include "exporter/arkouda/server_info.h"
#include "exporter/arkouda/skips.h"

namespace arkouda_exporter {

/// The time line of everything that waits: a steady clock's, handed in.
using TimePoint = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// How a poll ended. Every tick of the polling interval is one poll and ends in exactly one of
/// these.
enum class PollResult {
  kSuccess,         ///< answered in time with a usable reply
  kTimeout,         ///< sent, not answered within --arkouda.timeout; the request stays outstanding
  kOutstanding,     ///< nothing sent, since an earlier request is still unanswered
  kUnreachable,     ///< nothing sent, since there was no connection within --arkouda.timeout
  kDisconnected,    ///< sent, and the connection went before the reply had come
  kErrorReply,      ///< answered with msgType ERROR
  kInvalidReply,    ///< answered with something that is not a reply to a metrics request
  kOversizedReply,  ///< the reply is larger than --arkouda.max-reply-bytes
  kOutOfMemory,     ///< answered, but there was not enough memory to use the reply
};

/// The values of `arkouda_exporter_polls_total{result}`, in the enumerators' order.
inline constexpr std::array<std::string_view, 9> kPollResultNames = {
    "success",     "timeout",       "outstanding",     "unreachable",  "disconnected",
    "error_reply", "invalid_reply", "oversized_reply", "out_of_memory"};

constexpr std::string_view Name(PollResult result) {
  return kPollResultNames[static_cast<std::size_t>(result)];
}

/// What a reply to `ALL` says, and what its server said of itself on the same connection.
struct Answer {
  Entries entries;
  std::optional<double> timestamp;                ///< of the first entry, in Unix seconds
  std::shared_ptr<const ServerInfo> server_info;  ///< nullptr: not known
};

/// What became of one poll, and all that belongs to it.
struct PollOutcome {
  PollResult result = PollResult::kSuccess;
  std::string
      reason;  ///< why it failed, for people; empty when it did not, or nothing new is known
  /// The reply has come after the poll had ended as kTimeout. Then the result is kSuccess: a late
  /// reply that can't be used says nothing that the time-out has not said.
  bool is_late = false;
  std::optional<TimePoint> sent_at;        ///< its first request; for a poll that ended by a reply
  std::optional<std::size_t> reply_bytes;  ///< of the reply to `ALL`, whether it can be used or not
  std::optional<Answer> answer;            ///< with kSuccess, and only then
  Skips skips;  ///< what was left out of the replies; nothing of one that can't be used
  std::string server_info_fault;  ///< why there is no server_info; empty when nothing is known
};

/// The ZeroMQ handshake is done.
struct Connected {};

/// The connection went, or could not be made.
struct NotConnected {
  bool had_connection = false;
  std::string reason;
};

/// What happens to a target.
using TargetEvent = std::variant<Connected, NotConnected, PollOutcome>;

}  // namespace arkouda_exporter
