#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace arkouda_exporter {

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

/// What is known of a target after its last poll, or the loss of its connection.
enum class TargetState {
  kAnswering,
  kBusy,         ///< connection and heartbeats stand, a request is unanswered
  kUnusable,     ///< it answers with nothing that can be used
  kUnreachable,  ///< there is no connection
  kStarting,     ///< the first poll has not ended yet
};

/// The values of `arkouda_exporter_target_state{state}`, in the enumerators' order.
inline constexpr std::array<std::string_view, 5> kTargetStateNames = {
    "answering", "busy", "unusable", "unreachable", "starting"};

/// The state in which a poll that ended like this leaves a target that was in state `before`.
constexpr TargetState StateAfter(PollResult result, TargetState before) {
  switch (result) {
    case PollResult::kSuccess:
      return TargetState::kAnswering;
    case PollResult::kOutstanding:
      // Nothing new is known: the time-out of that request has told it, or will.
      return before;
    case PollResult::kTimeout:
      return TargetState::kBusy;
    case PollResult::kUnreachable:
    case PollResult::kDisconnected:
      return TargetState::kUnreachable;
    case PollResult::kErrorReply:
    case PollResult::kInvalidReply:
    case PollResult::kOversizedReply:
    case PollResult::kOutOfMemory:
      break;
  }
  return TargetState::kUnusable;
}

}  // namespace arkouda_exporter
