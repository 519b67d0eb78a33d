#include "exporter/arkouda/time_zone.h"

#include <date/tz.h>

#include <algorithm>
#include <chrono>
#include <ctime>

namespace arkouda_exporter {
namespace {

struct Parsed {
  date::local_seconds seconds;
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
  const date::year_month_day date{date::year(*year), date::month(static_cast<unsigned>(*month)),
                                  date::day(static_cast<unsigned>(*day))};
  if (!fraction || !zone || !text.empty() || !date.ok() || *hour > 23 || *minute > 59 ||
      *second > 59)
    return std::nullopt;
  return Parsed{.seconds = date::local_days(date) + std::chrono::hours(*hour) +
                           std::chrono::minutes(*minute) + std::chrono::seconds(*second),
                .fraction = *fraction,
                .ahead = zone->ahead};
}

// mktime is the definition of "this machine's zone": it reads TZ in every form that POSIX has,
// where the date library knows the names of tzdata only.
std::chrono::seconds LocalToUnix(date::local_seconds local) {
  const auto days = date::floor<date::days>(local);
  const date::year_month_day date(days);
  const date::hh_mm_ss time(local - days);
  std::tm tm{};
  tm.tm_year = static_cast<int>(date.year()) - 1900;
  tm.tm_mon = static_cast<int>(static_cast<unsigned>(date.month())) - 1;
  tm.tm_mday = static_cast<int>(static_cast<unsigned>(date.day()));
  tm.tm_hour = static_cast<int>(time.hours().count());
  tm.tm_min = static_cast<int>(time.minutes().count());
  tm.tm_sec = static_cast<int>(time.seconds().count());
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

}  // namespace

tl::expected<TimeZone, std::string> TimeZone::Named(const std::string& name) {
  try {
    return TimeZone(date::locate_zone(name));
  } catch (const std::exception&) {
    return tl::unexpected(
        std::string("expected a time zone of the system's tzdata such as UTC or America/New_York"));
  }
}

std::optional<double> TimeZone::ToUnixSeconds(std::string_view timestamp) const {
  const auto parsed = Parse(timestamp);
  if (!parsed) return std::nullopt;
  const std::chrono::seconds seconds =
      parsed->ahead ? parsed->seconds.time_since_epoch() - *parsed->ahead
      : zone_ == nullptr
          ? LocalToUnix(parsed->seconds)
          : zone_->to_sys(parsed->seconds, date::choose::earliest).time_since_epoch();
  // One division of two exact integers, as CPython's datetime.timestamp() does it: the double
  // nearest to the microsecond.
  const std::chrono::microseconds total = seconds + parsed->fraction;
  return static_cast<double>(total.count()) / 1e6;
}

}  // namespace arkouda_exporter
