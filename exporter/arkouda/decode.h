#pragma once

#include <cstddef>
#include <optional>
#include <tl/expected.hpp>
#include <vector>
#include <zmq.hpp>

#include "exporter/arkouda/entries.h"
#include "exporter/arkouda/reply.h"
#include "exporter/arkouda/server_info.h"
#include "exporter/arkouda/skips.h"
#include "exporter/arkouda/time_zone.h"

namespace arkouda_exporter {

/// A reply as its frames, behind the envelope of a REP socket. Never empty.
using Frames = std::vector<zmq::message_t>;

/// The size of a reply: its first frame's, in bytes.
inline std::size_t BytesOf(const Frames& frames) { return frames.front().size(); }

/// A reply to `ALL`, decoded to its end.
struct Metrics {
  Entries entries;
  std::optional<double> timestamp;  ///< of the first entry, in Unix seconds
  Skips skips;
};

/// A reply to `SERVER_INFO`, decoded to its end: of several locales with the same name, id and
/// hostname the last.
struct Information {
  ServerInfo info;
  Skips skips;
};

/// Frames to values, and nothing else: whatever a peer sent, the answer is a value or the reason
/// why there is none. `zone`: that of Arkouda's timestamps. `expected`: how much there will be, as
/// far as that is known, such as the last reply's. Any thread.
tl::expected<Metrics, ReplyError> DecodeMetrics(Frames frames, const TimeZone& zone,
                                                const Entries::Sizes& expected);
tl::expected<Information, ReplyError> DecodeServerInfo(Frames frames);

}  // namespace arkouda_exporter
