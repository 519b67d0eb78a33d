#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "common/metric.h"
#include "exporter/arkouda/poll_outcome.h"
#include "exporter/arkouda/server_info.h"
#include "exporter/arkouda/skips.h"

namespace arkouda_exporter {

/// Why a reply can't be used at all: the poll's result, and what to tell the operator.
struct ReplyError {
  PollResult result = PollResult::kInvalidReply;
  std::string reason;  ///< with an Excerpt of the reply, not quoted yet
};

/// The error for a reply of this size that there is not enough memory for.
ReplyError OutOfMemory(std::size_t bytes);

/// The `msg` of a reply's envelope, unescaped, in memory that simdjson can parse in place.
class ReplyText {
 public:
  /// Takes the envelope (`{"msg": "…", "msgType": "NORMAL", …}`) apart. An envelope that is not a
  /// JSON object, lacks a field, or whose msgType is ERROR or unknown is an error. Bytes that JSON
  /// can't have are marked (bad_encoding.h), so that they cost the entry that they are in. `frame`
  /// is not kept. Throws std::bad_alloc.
  static tl::expected<ReplyText, ReplyError> FromEnvelope(std::string_view frame);

  /// The text; valid as long as this object.
  std::string_view text() const { return {buffer_.get(), size_}; }
  std::size_t capacity() const { return capacity_; }
  /// Whether parts of the text may have the mark of bad encoding.
  bool is_marked() const { return is_marked_; }

  /// Marks what JSON can't have in the text itself.
  void MarkBadEncoding();

 private:
  ReplyText() = default;
  /// `has_odd_text`: whether the reply might be read once it is marked.
  static tl::expected<ReplyText, ReplyError> FromEnvelope(std::string_view frame, bool is_marked,
                                                          bool& has_odd_text);
  std::unique_ptr<char[]> buffer_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  ///< at least size_ and simdjson's padding
  bool is_marked_ = false;
};

/// Receives what is left out of a reply: why, and the part as it stands there.
using OnSkipped = std::function<void(SkipReason, std::string_view part)>;

/// Receives the entries of a reply, in its order, on the calling thread. What a Metric's views show
/// is valid during the call only.
struct EntryHandlers {
  std::function<void(const Metric&)> on_metric;
  OnSkipped on_skipped;
};

/// Walks through the array of an `ALL` reply in one pass, without a DOM. A bad entry is handed to
/// on_skipped and the rest is kept; bare `nan`, `inf` and `-inf` are values (Chapel writes them
/// so). Text that is not a JSON array is an error, and what was handed on before must be thrown
/// away then. Marks bad encoding in `reply` where there is any.
tl::expected<void, ReplyError> ReadMetrics(ReplyText& reply, const EntryHandlers& handlers);

/// Reads a `SERVER_INFO` reply. A locale that can't be read (a field is missing, of another type or
/// negative; an id that is not a number in a string) is handed to `on_skipped` and the rest is
/// kept; so is what there is of the server's identity when it is not whole. Text that is not a JSON
/// object is an error, and what was handed on before must be thrown away then.
tl::expected<ServerInfo, ReplyError> ReadServerInfo(ReplyText& reply, const OnSkipped& on_skipped);

}  // namespace arkouda_exporter
