#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace arkouda_exporter {

/// The least limit that leaves room for a part of the value in front of its hash.
inline constexpr std::size_t kLeastLabelLimit = 64;

/// A label value of at most `limit` bytes (at least kLeastLabelLimit) for one that is longer: its
/// start, cut at a character's bound, `~`, and a hash of all of it, so that two that differ stay
/// two. `value` is UTF-8.
std::string ShortenLabelValue(std::string_view value, std::size_t limit);

}  // namespace arkouda_exporter
