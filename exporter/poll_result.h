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
  kInvalidReply,    ///< answered with something that is no reply to a metrics request
  kOversizedReply,  ///< the reply is larger than --arkouda.max-reply-bytes
};

/// The values of `arkouda_exporter_polls_total{result}`, in the enumerators' order.
inline constexpr std::array<std::string_view, 8> kPollResultNames = {
    "success",      "timeout",     "outstanding",   "unreachable",
    "disconnected", "error_reply", "invalid_reply", "oversized_reply"};

constexpr std::string_view Name(PollResult result) {
  return kPollResultNames[static_cast<std::size_t>(result)];
}

}  // namespace arkouda_exporter
