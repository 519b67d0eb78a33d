#include "exporter/arkouda/time_zone.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>

#include "test/support/temp_dir.h"

namespace arkouda_exporter {
namespace {

std::optional<double> InZone(const std::string& zone, std::string_view timestamp) {
  return TimeZone::Named(zone).value().ToUnixSeconds(timestamp);
}

// TZ, or TZDIR, for the length of a test.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name) {
    setenv(name, value.c_str(), 1);
    tzset();
  }
  ~ScopedVariable() {
    unsetenv(name_);
    tzset();
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* const name_;
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
  const ScopedVariable tz("TZ", "Asia/Kolkata");
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
  const ScopedVariable tz("TZ", "America/New_York");
  EXPECT_EQ(TimeZone::Local().ToUnixSeconds("2024-11-03T01:30:00"), 1730611800);
}

TEST(TimeZone, ATimeThatNeverOccursIsTheMomentOfTheChange) {
  EXPECT_EQ(InZone("America/New_York", "2024-03-10T01:59:59"), 1710053999);
  EXPECT_EQ(InZone("America/New_York", "2024-03-10T02:00:00.5"), 1710054000.5);
  EXPECT_EQ(InZone("America/New_York", "2024-03-10T02:59:59"), 1710054000);
  EXPECT_EQ(InZone("America/New_York", "2024-03-10T03:00:00"), 1710054000);
}

TEST(TimeZone, LocalIsWhatTzSays) {
  {
    const ScopedVariable tz("TZ", "America/New_York");
    EXPECT_EQ(TimeZone::Local().ToUnixSeconds("2022-08-15T06:52:33.745847"), 1660560753.745847);
    EXPECT_EQ(TimeZone::Local().ToUnixSeconds("2022-01-15T00:00:00"), 1642222800);
  }
  const ScopedVariable posix("TZ", "XYZ-3");
  EXPECT_EQ(TimeZone::Local().ToUnixSeconds("1970-01-01T03:00:00"), 0);
  EXPECT_EQ(InZone("localtime", "1970-01-01T03:00:00"), 0);
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

TEST(TimeZone, ZonesAreThoseOfTheFolderThatTzdirNames) {
  const testing::TempDir dir;
  std::filesystem::create_directory(dir.path() / "Mare");
  std::filesystem::copy_file("/usr/share/zoneinfo/Asia/Kolkata", dir.path() / "Mare/Imbrium");
  const ScopedVariable tzdir("TZDIR", dir.path());
  EXPECT_EQ(InZone("Mare/Imbrium", "2022-08-15T06:52:33.745847"), 1660526553.745847);
  EXPECT_FALSE(TimeZone::Named("Europe/Zurich"));
  const ScopedVariable tz("TZ", "Mare/Imbrium");
  EXPECT_EQ(TimeZone::Local().ToUnixSeconds("2022-08-15T06:52:33.745847"), 1660526553.745847);
}

TEST(TimeZone, NamesOfTzdataAreKnown) {
  for (const char* name : {"UTC", "Etc/GMT+5", "Etc/GMT-14", "Etc/UTC", "America/Port-au-Prince",
                           "America/Argentina/Buenos_Aires", "Antarctica/DumontDUrville"}) {
    EXPECT_TRUE(TimeZone::Named(name)) << name;
  }
  // Names of old, which Debian 13 has in a package of their own.
  for (const std::string name : {"Zulu", "GMT0", "EST5EDT", "GB-Eire"}) {
    EXPECT_EQ(TimeZone::Named(name).has_value(),
              std::filesystem::exists("/usr/share/zoneinfo/" + name))
        << name;
  }
}

TEST(TimeZone, AnUnknownNameIsRefusedWithWhatWouldBeRight) {
  for (const char* name :
       {"Mars/Olympus", "", " UTC", "UTC ", "utc", "Utc", "America/new_york", "XYZ-3",
        // Folders, other files of tzdata's, and zones in other words
        "America", "America/", "/", "tzdata.zi", "leapseconds", "leap-seconds.list", "zone.tab",
        "iso3166.tab", "+VERSION", "posixrules", "posix/UTC", "right/UTC", "Factory",
        "Fixed/UTC+05:00:00", "libc:localtime",
        // Paths
        "/etc/passwd", "/usr/share/zoneinfo/UTC", "../x", "../zoneinfo/UTC", "../../etc/passwd",
        "./UTC", "Etc/../UTC", "Etc//UTC", "Etc/./UTC", "file:UTC", "file:/usr/share/zoneinfo/UTC",
        "file:/etc/localtime"}) {
    const auto zone = TimeZone::Named(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error(),
              "expected a time zone of the system's tzdata such as UTC or America/New_York");
  }
}

}  // namespace
}  // namespace arkouda_exporter
