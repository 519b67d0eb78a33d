#include "common/quote.h"

#include <cstdint>

namespace arkouda_exporter {
namespace {

void AppendEscaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '"':
      out += "\\\"";
      return;
    default:
      if (byte >= 0x20 && byte < 0x7f) {
        out += c;
      } else {
        out += "\\x";
        out += kHex[byte >> 4U];
        out += kHex[byte & 0xfU];
      }
  }
}

}  // namespace

std::string QuoteBytes(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) AppendEscaped(out, c);
  return out;
}

std::string Excerpt(std::string_view bytes, std::size_t limit) {
  std::string quoted;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    AppendEscaped(quoted, bytes[i]);
    if (quoted.size() > limit) return std::string(bytes.substr(0, i)) + "...";
  }
  return std::string(bytes);
}

std::string Quoted(std::string_view bytes) { return "\"" + QuoteBytes(Excerpt(bytes)) + "\""; }

std::size_t Utf8CharacterSize(std::string_view text) {
  if (text.empty()) return 0;
  const auto lead = static_cast<unsigned char>(text.front());
  std::size_t length = 1;
  std::uint32_t code_point = lead;
  std::uint32_t smallest = 0;
  if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4, code_point = lead & 0x07U, smallest = 0x10000;
  } else if (lead >= 0xe0 && lead < 0xf0) {
    length = 3, code_point = lead & 0x0fU, smallest = 0x800;
  } else if (lead >= 0xc0 && lead < 0xe0) {
    length = 2, code_point = lead & 0x1fU, smallest = 0x80;
  } else if (lead >= 0x80) {
    return 0;
  }
  if (text.size() < length) return 0;
  for (const char c : text.substr(1, length - 1)) {
    const auto next = static_cast<unsigned char>(c);
    if ((next & 0xc0U) != 0x80) return 0;
    code_point = (code_point << 6U) | (next & 0x3fU);
  }
  const bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  return code_point < smallest || code_point > 0x10ffff || is_surrogate ? 0 : length;
}

bool IsUtf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t size = Utf8CharacterSize(text);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

}  // namespace arkouda_exporter
