#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "common/metric.h"
#include "exporter/poll_result.h"

namespace arkouda_exporter {

/// Why an entry of a reply was left out.
enum class SkipReason {
  kNotAnObject,
  kMissingField,
  kWrongType,
  kUnknownCategory,
  kUnknownScope,
  kUnknownName,
  kBadValue,
  kDuplicate,
};

/// The values of `arkouda_exporter_skipped_entries_total{reason}`, in the enumerators' order.
inline constexpr std::array<std::string_view, 8> kSkipReasonNames = {
    "not_an_object", "missing_field", "wrong_type", "unknown_category",
    "unknown_scope", "unknown_name",  "bad_value",  "duplicate"};

/// Why a reply can't be used at all: the poll's result, and what to tell the operator.
struct ReplyError {
  PollResult result = PollResult::kInvalidReply;
  std::string reason;  ///< with an Excerpt of the reply, not quoted yet
};

/// The `msg` of a reply's envelope, unescaped, in memory that simdjson can parse in place.
class ReplyText {
 public:
  /// Takes the envelope (`{"msg": "…", "msgType": "NORMAL", …}`) apart. An envelope that is no JSON
  /// object, lacks a field, or whose msgType is ERROR or unknown is an error. `frame` is not kept.
  static tl::expected<ReplyText, ReplyError> FromEnvelope(std::string_view frame);

  /// The text; valid as long as this object.
  std::string_view text() const { return {buffer_.get(), size_}; }
  std::size_t capacity() const { return capacity_; }

 private:
  ReplyText() = default;
  std::unique_ptr<char[]> buffer_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  ///< at least size_ and simdjson's padding
};

/// Receives the entries of a reply, in its order, on the calling thread. What a Metric's views show
/// is valid during the call only.
struct EntryHandlers {
  std::function<void(const Metric&)> on_metric;
  /// `entry` is the entry as it stands in the reply.
  std::function<void(SkipReason, std::string_view entry)> on_skipped;
};

/// Walks through the array of an `ALL` reply in one pass, without a DOM. A bad entry is handed to
/// on_skipped and the rest is kept; bare `nan`, `inf` and `-inf` are values (Chapel writes them
/// so). Text that is no JSON array is an error, and what was handed on before must be thrown away
/// then.
tl::expected<void, ReplyError> ReadMetrics(const ReplyText& reply, const EntryHandlers& handlers);

/// Reads a `SERVER_INFO` reply; every field must be there.
tl::expected<ServerInfo, ReplyError> ReadServerInfo(const ReplyText& reply);

}  // namespace arkouda_exporter
