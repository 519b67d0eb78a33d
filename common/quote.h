#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace arkouda_exporter {

/// Bytes from outside made fit for one line: printable ASCII stays, everything else is written as
/// \n, \t, \\, \" or \xNN.
std::string QuoteBytes(std::string_view bytes);

/// The start of `bytes` that takes at most `limit` bytes once it is quoted, an ellipsis behind it
/// when something was left out. It is not quoted yet: the log does that, once.
std::string Excerpt(std::string_view bytes, std::size_t limit = 200);

/// An excerpt made fit for one line, between quotation marks.
std::string Quoted(std::string_view bytes);

/// How many bytes the character at the front of `text` has; 0 when there is none that is
/// well-formed.
std::size_t Utf8CharacterSize(std::string_view text);

/// Whether `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool IsUtf8(std::string_view text);

}  // namespace arkouda_exporter
