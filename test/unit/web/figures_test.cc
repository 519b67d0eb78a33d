#include "exporter/web/figures.h"

#include <gtest/gtest.h>

#include <limits>

namespace arkouda_exporter {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(Figures, CountsHaveACommaEveryThreeDigits) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(-0.0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1'000), "1,000");
  EXPECT_EQ(FormatCount(12'345'680), "12,345,680");
  EXPECT_EQ(FormatCount(-123'456), "-123,456");
  EXPECT_EQ(FormatCount(999'999'999'999'999), "999,999,999,999,999");
  EXPECT_EQ(FormatCount(1.234e15), "1.23e+15");
}

TEST(Figures, BytesHaveTheUnitThatKeepsThemShort) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1'023), "1023 B");
  EXPECT_EQ(FormatBytes(1'024), "1.0 KiB");
  EXPECT_EQ(FormatBytes(4'294'967'296), "4.0 GiB");
  EXPECT_EQ(FormatBytes(99.94 * 1'024), "99.9 KiB");
  EXPECT_EQ(FormatBytes(99.96 * 1'024), "100 KiB");
  EXPECT_EQ(FormatBytes(1e30), "867361737988 EiB");
}

TEST(Figures, PercentagesHaveOneDecimal) {
  EXPECT_EQ(FormatPercent(0), "0.0 %");
  EXPECT_EQ(FormatPercent(99.96), "100.0 %");
}

TEST(Figures, SecondsHaveThreeDigitsAndAUnit) {
  EXPECT_EQ(FormatSeconds(0), "0 s");
  EXPECT_EQ(FormatSeconds(1.25e-7), "0.125 µs");
  EXPECT_EQ(FormatSeconds(310e-6), "310 µs");
  EXPECT_EQ(FormatSeconds(0.0025), "2.50 ms");
  EXPECT_EQ(FormatSeconds(0.9996), "1.00 s");
  EXPECT_EQ(FormatSeconds(12.34), "12.3 s");
  EXPECT_EQ(FormatSeconds(4'000), "4000 s");
}

TEST(Figures, AnAgeHasItsTwoLargestUnitsAtMost) {
  EXPECT_EQ(FormatAge(-5), "0 s");
  EXPECT_EQ(FormatAge(59.9), "59 s");
  EXPECT_EQ(FormatAge(60), "1 min");
  EXPECT_EQ(FormatAge(3'600), "1 h");
  EXPECT_EQ(FormatAge(7'999), "2 h 13 min");
  EXPECT_EQ(FormatAge(277'000), "3 d 4 h");
  EXPECT_EQ(FormatAge(kInfinity), "11574074 d 1 h");
}

TEST(Figures, TimesAreInUtcForPeopleAndForPrograms) {
  EXPECT_EQ(FormatTime(1'700'000'001.9), "2023-11-14 22:13:21 UTC");
  EXPECT_EQ(FormatIsoTime(1'700'000'001.9), "2023-11-14T22:13:21Z");
}

TEST(Figures, ATimeThatNoCalendarHasIsNever) {
  for (const double time : {-1.0, 1e18, kNan, kInfinity}) {
    EXPECT_EQ(FormatTime(time), "never") << time;
    EXPECT_EQ(FormatIsoTime(time), "") << time;
  }
}

}  // namespace
}  // namespace arkouda_exporter
