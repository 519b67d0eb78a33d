#include "exporter/arkouda/time_zone.h"

#include <absl/time/civil_time.h>

#include <algorithm>
#include <chrono>
#include <ctime>

namespace arkouda_exporter {
namespace {

struct Parsed {
  absl::CivilSecond clock;
  std::chrono::microseconds fraction{0};
  std::optional<std::chrono::minutes> ahead;  // of UTC
};

// Reads exactly `count` digits at the front and removes them.
std::optional<int> TakeDigits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool TakeOneOf(std::string_view& text, std::string_view characters) {
  if (text.empty() || characters.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// Digits behind the sixth are cut off: a clock that ticks in microseconds has none.
std::optional<std::chrono::microseconds> TakeFraction(std::string_view& text) {
  if (!TakeOneOf(text, ".,")) return std::chrono::microseconds(0);
  const std::size_t size = std::min(text.find_first_not_of("0123456789"), text.size());
  if (size == 0) return std::nullopt;
  std::string digits(text.substr(0, size));
  text.remove_prefix(size);
  digits.resize(6, '0');
  std::string_view rest = digits;
  return std::chrono::microseconds(TakeDigits(rest, 6).value());
}

// How far ahead of UTC the clock is, where the text says so.
struct Zone {
  std::optional<std::chrono::minutes> ahead;
};

std::optional<Zone> TakeZone(std::string_view& text) {
  if (text.empty()) return Zone{};
  if (TakeOneOf(text, "Zz")) return Zone{std::chrono::minutes(0)};
  const bool is_behind = text.front() == '-';
  if (!TakeOneOf(text, "+-")) return std::nullopt;
  const auto hours = TakeDigits(text, 2);
  const bool is_whole = !TakeOneOf(text, ":") && text.empty();
  const auto minutes = is_whole ? 0 : TakeDigits(text, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes ahead(*hours * 60 + *minutes);
  return Zone{is_behind ? -ahead : ahead};
}

std::optional<Parsed> Parse(std::string_view text) {
  const auto year = TakeDigits(text, 4);
  if (!year || !TakeOneOf(text, "-")) return std::nullopt;
  const auto month = TakeDigits(text, 2);
  if (!month || !TakeOneOf(text, "-")) return std::nullopt;
  const auto day = TakeDigits(text, 2);
  if (!day || !TakeOneOf(text, "T ")) return std::nullopt;
  const auto hour = TakeDigits(text, 2);
  if (!hour || !TakeOneOf(text, ":")) return std::nullopt;
  const auto minute = TakeDigits(text, 2);
  if (!minute || !TakeOneOf(text, ":")) return std::nullopt;
  const auto second = TakeDigits(text, 2);
  if (!second) return std::nullopt;
  const auto fraction = TakeFraction(text);
  const auto zone = TakeZone(text);
  if (!fraction || !zone || !text.empty()) return std::nullopt;
  // Of the 30th of February this makes the 2nd of March.
  const absl::CivilSecond clock(*year, *month, *day, *hour, *minute, *second);
  if (clock.month() != *month || clock.day() != *day || clock.hour() != *hour ||
      clock.minute() != *minute || clock.second() != *second)
    return std::nullopt;
  return Parsed{.clock = clock, .fraction = *fraction, .ahead = zone->ahead};
}

// mktime is the definition of "this machine's zone": it reads TZ in every form that POSIX has,
// where Abseil knows the names of tzdata only.
std::chrono::seconds LocalToUnix(const absl::CivilSecond& clock) {
  std::tm tm{};
  tm.tm_year = static_cast<int>(clock.year()) - 1900;
  tm.tm_mon = clock.month() - 1;
  tm.tm_mday = clock.day();
  tm.tm_hour = clock.hour();
  tm.tm_min = clock.minute();
  tm.tm_sec = clock.second();
  tm.tm_isdst = -1;
  const std::tm asked = tm;
  const std::time_t unix_time = std::mktime(&tm);
  // Of a time that occurs twice mktime may give either; daylight saving time is the earlier one.
  std::tm earlier = asked;
  earlier.tm_isdst = 1;
  const std::time_t earlier_time = std::mktime(&earlier);
  const bool is_same_clock = earlier.tm_isdst > 0 && earlier.tm_hour == asked.tm_hour &&
                             earlier.tm_min == asked.tm_min && earlier.tm_mday == asked.tm_mday;
  return std::chrono::seconds(is_same_clock ? earlier_time : unix_time);
}

std::chrono::seconds InZoneToUnix(const absl::CivilSecond& clock, const absl::TimeZone& zone) {
  const absl::TimeZone::TimeInfo info = zone.At(clock);
  const bool never_occurs = info.kind == absl::TimeZone::TimeInfo::SKIPPED;
  return std::chrono::seconds(absl::ToUnixSeconds(never_occurs ? info.trans : info.pre));
}

// Whether tzdata may have a zone of this name, such as "America/Port-au-Prince" or "Etc/GMT+5":
// each part begins with a capital. Its other files do not, nor do the copies of its zones
// ("right/UTC"); and Abseil takes more: paths, "file:…", "Fixed/UTC+05:00:00".
bool IsNameOfZone(std::string_view name) {
  bool begins = true;
  for (const char c : name) {
    const bool is_capital = c >= 'A' && c <= 'Z';
    const bool may_follow = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                            c == '+' || c == '-' || c == '/';
    if (!is_capital && (begins || !may_follow)) return false;
    begins = c == '/';
  }
  // tzdata's Factory is for machines whose zone nobody has set.
  return !begins && name != "Factory";
}

}  // namespace

tl::expected<TimeZone, std::string> TimeZone::Named(const std::string& name) {
  if (name == "localtime") return Local();  // Debian has such a link among its zones
  absl::TimeZone zone;
  if (!IsNameOfZone(name) || !absl::LoadTimeZone(name, &zone))
    return tl::unexpected(
        std::string("expected a time zone of the system's tzdata such as UTC or America/New_York"));
  return TimeZone(zone);
}

std::optional<double> TimeZone::ToUnixSeconds(std::string_view timestamp) const {
  const auto parsed = Parse(timestamp);
  if (!parsed) return std::nullopt;
  const std::chrono::seconds seconds =
      parsed->ahead ? InZoneToUnix(parsed->clock, absl::UTCTimeZone()) - *parsed->ahead
      : zone_       ? InZoneToUnix(parsed->clock, *zone_)
                    : LocalToUnix(parsed->clock);
  // One division of two exact integers, as CPython's datetime.timestamp() does it: the double
  // nearest to the microsecond.
  const std::chrono::microseconds total = seconds + parsed->fraction;
  return static_cast<double>(total.count()) / 1e6;
}

}  // namespace arkouda_exporter
