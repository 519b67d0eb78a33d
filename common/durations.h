#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace arkouda_exporter {

/// Reads `15` (seconds), `15s`, `500ms`, `1m` or `1h`: a whole number, then at most one unit.
/// The error says what would be right; naming the flag or variable is the caller's part.
tl::expected<std::chrono::milliseconds, std::string> ParseDuration(std::string_view text);

/// The shortest form that ParseDuration reads back to the same value: `500ms`, `5s`, `1m`, `1h`.
std::string FormatDuration(std::chrono::milliseconds duration);

}  // namespace arkouda_exporter
