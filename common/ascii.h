#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace arkouda_exporter {

/// A to Z in small letters, and everything else as it is: std::tolower depends on the locale.
constexpr char ToLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string ToLower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return ToLower(c); });
  return lower;
}

}  // namespace arkouda_exporter
