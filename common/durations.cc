#include "common/durations.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

namespace arkouda_exporter {
namespace {

struct Unit {
  std::string_view suffix;
  std::int64_t milliseconds;
};

constexpr std::array<Unit, 4> kUnits = {{{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

constexpr std::string_view kExpected = "expected a duration such as 15, 15s, 500ms or 1m";

}  // namespace

tl::expected<std::chrono::milliseconds, std::string> ParseDuration(std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || number < 0) return tl::unexpected(std::string(kExpected));

  std::string_view suffix(rest, static_cast<std::size_t>(end - rest));
  if (suffix.empty()) suffix = "s";
  for (const Unit& unit : kUnits) {
    if (suffix != unit.suffix) continue;
    if (number > std::numeric_limits<std::int64_t>::max() / unit.milliseconds) break;
    return std::chrono::milliseconds(number * unit.milliseconds);
  }
  return tl::unexpected(std::string(kExpected));
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  const std::int64_t count = duration.count();
  for (const Unit& unit : kUnits) {
    if (count != 0 && count % unit.milliseconds == 0) {
      return std::to_string(count / unit.milliseconds) + std::string(unit.suffix);
    }
  }
  return "0s";
}

}  // namespace arkouda_exporter
