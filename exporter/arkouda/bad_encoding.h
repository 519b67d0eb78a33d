#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace arkouda_exporter {

/// What stands for a byte that a JSON text can't have: DEL, which is one byte long, and which a
/// string may have as it is. So in a reply that has bad bytes, a name with DEL passes for one of
/// them.
inline constexpr char kBadEncodingMark = '\x7f';

/// Makes a JSON text readable whose strings are not: every byte that is not UTF-8, every bare
/// control character in a string, and every byte of an escape that JSON does not have or that is
/// half a surrogate, becomes the mark, in place. The text is UTF-8 then. So that byte costs the
/// string that it stands in, where a parser would refuse the whole text. Nothing else changes.
void MarkBadEncoding(std::span<char> json);

inline bool HasBadEncodingMark(std::string_view text) {
  return text.find(kBadEncodingMark) != std::string_view::npos;
}

}  // namespace arkouda_exporter
