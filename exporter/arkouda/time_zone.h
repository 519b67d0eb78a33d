#pragma once

#include <absl/time/time.h>

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace arkouda_exporter {

/// The zone in which Arkouda writes its timestamps, which name none.
class TimeZone {
 public:
  /// This machine's zone: what mktime(3) makes of TZ and /etc/localtime.
  static TimeZone Local() { return TimeZone(std::nullopt); }

  /// An IANA zone such as "America/New_York", looked up in the system's tzdata, or in the folder
  /// that TZDIR names. "localtime" is this machine's.
  static tl::expected<TimeZone, std::string> Named(const std::string& name);

  /// Unix seconds of `2022-08-15T06:52:33.745847` in this zone, to the microsecond. The fraction
  /// may be left out, or have any number of digits; a zone behind it (`Z`, `+02:00`, `+0200`,
  /// `+02`) is used in place of this one (ISO 8601). nullopt when the text is not such a time. A
  /// time that occurs twice, when clocks are put back, is taken as the first; of one that never
  /// occurs, when they are put forward, the zone's answer is the moment of the change.
  std::optional<double> ToUnixSeconds(std::string_view timestamp) const;

  friend bool operator==(const TimeZone&, const TimeZone&) = default;

 private:
  explicit TimeZone(std::optional<absl::TimeZone> zone) : zone_(zone) {}
  std::optional<absl::TimeZone> zone_;  ///< nullopt: local
};

}  // namespace arkouda_exporter
