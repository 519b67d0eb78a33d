#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace arkouda_exporter {

/// Why a part of a reply was left out.
enum class SkipReason {
  kNotAnObject,
  kMissingField,
  kWrongType,
  kUnknownCategory,
  kUnknownScope,
  kUnknownName,
  kBadValue,
  kDuplicate,
  kBadEncoding,   ///< a byte that is not UTF-8, a bare control character, half a surrogate
  kBadLocale,     ///< of SERVER_INFO
  kBadTimestamp,  ///< the reply's, not an entry's own
};

/// The values of `arkouda_exporter_skipped_entries_total{reason}`, in the enumerators' order.
inline constexpr std::array<std::string_view, 11> kSkipReasonNames = {
    "not_an_object", "missing_field", "wrong_type",   "unknown_category",
    "unknown_scope", "unknown_name",  "bad_value",    "duplicate",
    "bad_encoding",  "bad_locale",    "bad_timestamp"};

/// What was left out of one poll's replies: how much for which reason, and the first of each.
class Skips {
 public:
  struct OfReason {
    std::size_t count = 0;
    std::string first;  ///< an Excerpt of the part as it stood there, not quoted yet
  };

  void Add(SkipReason reason, std::string_view part);
  void Add(const Skips& more);

  const OfReason& Of(SkipReason reason) const;

 private:
  // Those for which something was left out, which is hardly ever any: each target has some of
  // these, and they are copied with every poll.
  std::map<SkipReason, OfReason> by_reason_;
};

}  // namespace arkouda_exporter
