#include "exporter/arkouda/time_zone.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

namespace arkouda_exporter {
namespace {

std::optional<double> InZone(const std::string& zone, std::string_view timestamp) {
  return TimeZone::Named(zone).value().ToUnixSeconds(timestamp);
}

// TZ for the length of a test.
class ScopedTz {
 public:
  explicit ScopedTz(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }
  ~ScopedTz() {
    unsetenv("TZ");
    tzset();
  }
  ScopedTz(const ScopedTz&) = delete;
  ScopedTz& operator=(const ScopedTz&) = delete;
};

TEST(TimeZone, ReadsTheTimestampOfARealServer) {
  EXPECT_EQ(InZone("UTC", "2022-08-15T06:52:33.745847"), 1660546353.745847);
  EXPECT_EQ(InZone("America/New_York", "2022-08-15T06:52:33.745847"), 1660560753.745847);
  EXPECT_EQ(InZone("Asia/Kolkata", "2022-08-15T06:52:33.745847"), 1660526553.745847);
}

TEST(TimeZone, TheFractionIsOptional) {
  EXPECT_EQ(InZone("UTC", "1970-01-01T00:00:01"), 1);
  EXPECT_EQ(InZone("UTC", "1970-01-01 00:00:01.5"), 1.5);
  EXPECT_EQ(InZone("UTC", "1970-01-01T00:00:01.123456789"), 1.123456);
}

TEST(TimeZone, TheFractionMayHaveAnyNumberOfDigits) {
  EXPECT_EQ(InZone("UTC", "2026-11-25T10:00:00.5"), 1795600800.5);
  EXPECT_EQ(InZone("UTC", "2026-11-25T10:00:00,25"), 1795600800.25);
  EXPECT_EQ(InZone("UTC", "2026-11-25T10:00:00.1234567890123456789"), 1795600800.123456);
}

TEST(TimeZone, AZoneInTheTimestampIsUsedInPlaceOfItsOwn) {
  const ScopedTz tz("Asia/Kolkata");
  for (const TimeZone& zone : {TimeZone::Local(), TimeZone::Named("America/New_York").value()}) {
    for (const char* timestamp :
         {"2026-11-25T10:00:00.5Z", "2026-11-25T10:00:00.5z", "2026-11-25T10:00:00.5+00:00",
          "2026-11-25T12:00:00.5+02:00", "2026-11-25T12:00:00.5+0200", "2026-11-25T12:00:00.5+02",
          "2026-11-25T06:30:00.5-03:30", "2026-11-26T00:00:00.5+14:00"}) {
      EXPECT_EQ(zone.ToUnixSeconds(timestamp), 1795600800.5) << timestamp;
    }
  }
}

TEST(TimeZone, ATimeThatOccursTwiceIsTheFirst) {
  EXPECT_EQ(InZone("America/New_York", "2024-11-03T01:30:00"), 1730611800);
  const ScopedTz tz("America/New_York");
  EXPECT_EQ(TimeZone::Local().ToUnixSeconds("2024-11-03T01:30:00"), 1730611800);
}

TEST(TimeZone, LocalIsWhatTzSays) {
  {
    const ScopedTz tz("America/New_York");
    EXPECT_EQ(TimeZone::Local().ToUnixSeconds("2022-08-15T06:52:33.745847"), 1660560753.745847);
    EXPECT_EQ(TimeZone::Local().ToUnixSeconds("2022-01-15T00:00:00"), 1642222800);
  }
  const ScopedTz posix("XYZ-3");
  EXPECT_EQ(TimeZone::Local().ToUnixSeconds("1970-01-01T03:00:00"), 0);
}

TEST(TimeZone, WhatIsNoTimestampIsNotGuessedAt) {
  for (const char* text : {"",
                           "now",
                           "2022-08-15",
                           "2022-13-01T00:00:00",
                           "2022-02-30T00:00:00",
                           "2022-08-15T24:00:00",
                           "2022-08-15T00:60:00",
                           "2022-08-15T00:00:60",
                           "2022-08-15T06:52:33.",
                           "2022-08-15T06:52:33 Z",
                           "2022-08-15T06:52:33Zulu",
                           "2022-08-15T06:52:33+24:00",
                           "2022-08-15T06:52:33+02:60",
                           "2022-08-15T06:52:33+02:",
                           "2022-08-15T06:52:33+02:00x",
                           "2022-08-15T06:52:33+",
                           "2022-08-15T06:52:33.1+2:00",
                           "2022-08-15T06:52:33,",
                           "22-08-15T06:52:33",
                           "2022-08-15T06:52:3"}) {
    EXPECT_EQ(InZone("UTC", text), std::nullopt) << text;
    EXPECT_EQ(TimeZone::Local().ToUnixSeconds(text), std::nullopt) << text;
  }
}

TEST(TimeZone, AnUnknownNameIsRefusedWithWhatWouldBeRight) {
  for (const char* name : {"Mars/Olympus", "", "America", "../../etc/passwd"}) {
    const auto zone = TimeZone::Named(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error(),
              "expected a time zone of the system's tzdata such as UTC or America/New_York");
  }
}

}  // namespace
}  // namespace arkouda_exporter
