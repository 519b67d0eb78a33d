#include "exporter/arkouda/bad_encoding.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

#include "common/quote.h"

namespace arkouda_exporter {
namespace {

constexpr std::size_t kUnicodeEscape = std::string_view("\\u0000").size();

// The code unit of `\uXXXX` at the front.
std::optional<std::uint16_t> EscapedUnit(std::string_view text) {
  if (text.size() < kUnicodeEscape || !text.starts_with("\\u")) return std::nullopt;
  std::uint16_t unit = 0;
  const char* const end = text.data() + kUnicodeEscape;
  const auto [rest, error] = std::from_chars(text.data() + 2, end, unit, 16);
  if (error != std::errc() || rest != end) return std::nullopt;
  return unit;
}

bool IsHighSurrogate(std::optional<std::uint16_t> unit) {
  return unit && *unit >= 0xd800 && *unit <= 0xdbff;
}

bool IsLowSurrogate(std::optional<std::uint16_t> unit) {
  return unit && *unit >= 0xdc00 && *unit <= 0xdfff;
}

// What stands at the front: how many bytes belong together, and whether they may stay.
struct Piece {
  std::size_t size = 1;
  bool is_good = true;
};

Piece NextCharacter(std::string_view text) {
  const std::size_t size = Utf8CharacterSize(text);
  return {.size = std::max<std::size_t>(size, 1), .is_good = size != 0};
}

Piece NextInString(std::string_view text) {
  if (text.front() != '\\') {
    Piece piece = NextCharacter(text);
    piece.is_good &= static_cast<unsigned char>(text.front()) >= 0x20;
    return piece;
  }
  if (const auto unit = EscapedUnit(text)) {
    if (IsHighSurrogate(unit) && IsLowSurrogate(EscapedUnit(text.substr(kUnicodeEscape)))) {
      return {.size = 2 * kUnicodeEscape};
    }
    return {.size = kUnicodeEscape, .is_good = !IsHighSurrogate(unit) && !IsLowSurrogate(unit)};
  }
  const std::string_view escaped = text.substr(1);
  if (escaped.empty()) return {};
  const bool is_good =
      std::string_view("\"\\/bfnrt").find(escaped.front()) != std::string_view::npos;
  return {.size = 1 + NextCharacter(escaped).size, .is_good = is_good};
}

}  // namespace

void MarkBadEncoding(std::span<char> json) {
  bool is_in_string = false;
  while (!json.empty()) {
    const std::string_view text(json.data(), json.size());
    const Piece piece = is_in_string ? NextInString(text) : NextCharacter(text);
    if (text.front() == '"') is_in_string = !is_in_string;
    if (!piece.is_good) std::fill_n(json.begin(), piece.size, kBadEncodingMark);
    json = json.subspan(piece.size);
  }
}

}  // namespace arkouda_exporter
