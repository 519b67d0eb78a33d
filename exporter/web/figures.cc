#include "exporter/web/figures.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string_view>

namespace arkouda_exporter {
namespace {

// Three digits, more where there are more before the point.
std::string ThreeDigits(double number) {
  if (number < 9.995) return fmt::format("{:#.3g}", number);
  return fmt::format("{:.{}f}", number, number < 99.95 ? 1 : 0);
}

std::optional<std::tm> ToUtc(double unix_seconds) {
  // The years from 1970 to 9999.
  if (!(unix_seconds >= 0 && unix_seconds < 253402300800.0)) return std::nullopt;
  return fmt::gmtime(static_cast<std::time_t>(unix_seconds));
}

}  // namespace

std::string FormatCount(double count) {
  if (!(std::abs(count) < 1e15)) return fmt::format("{:.3g}", count);
  std::string digits = fmt::format("{:.0f}", std::abs(count));
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<std::size_t>(i), ",");
  }
  return count < 0 && digits != "0" ? "-" + digits : digits;
}

std::string FormatBytes(double bytes) {
  constexpr std::array<std::string_view, 7> kUnits = {"B",   "KiB", "MiB", "GiB",
                                                      "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  for (; std::abs(bytes) >= 1023.5 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  const bool is_whole = unit == 0 || std::abs(bytes) >= 99.95;
  return fmt::format("{:.{}f} {}", bytes, is_whole ? 0 : 1, kUnits.at(unit));
}

std::string FormatPercent(double percent) { return fmt::format("{:.1f} %", percent); }

std::string FormatSeconds(double seconds) {
  if (seconds == 0) return "0 s";
  if (std::abs(seconds) < 999.5e-6) return ThreeDigits(seconds * 1e6) + " µs";
  if (std::abs(seconds) < 999.5e-3) return ThreeDigits(seconds * 1e3) + " ms";
  return ThreeDigits(seconds) + " s";
}

std::string FormatAge(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::clamp(seconds, 0.0, 1e12));
  constexpr std::int64_t kMinute = 60;
  constexpr std::int64_t kHour = 60 * kMinute;
  constexpr std::int64_t kDay = 24 * kHour;
  const auto both = [](std::int64_t more, std::string_view unit, std::int64_t rest,
                       std::string_view smaller) {
    return rest == 0 ? fmt::format("{} {}", more, unit)
                     : fmt::format("{} {} {} {}", more, unit, rest, smaller);
  };
  if (whole < kMinute) return fmt::format("{} s", whole);
  if (whole < kHour) return fmt::format("{} min", whole / kMinute);
  if (whole < kDay) return both(whole / kHour, "h", whole % kHour / kMinute, "min");
  return both(whole / kDay, "d", whole % kDay / kHour, "h");
}

std::string FormatTime(double unix_seconds) {
  const auto utc = ToUtc(unix_seconds);
  return utc ? fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", *utc) : "never";
}

std::string FormatIsoTime(double unix_seconds) {
  const auto utc = ToUtc(unix_seconds);
  return utc ? fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", *utc) : "";
}

}  // namespace arkouda_exporter
