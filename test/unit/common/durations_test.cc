#include "common/durations.h"

#include <gtest/gtest.h>

namespace arkouda_exporter {
namespace {

using std::chrono::milliseconds;

TEST(Durations, ABareNumberIsSeconds) { EXPECT_EQ(ParseDuration("15"), milliseconds(15'000)); }

TEST(Durations, EveryUnitIsRead) {
  EXPECT_EQ(ParseDuration("15s"), milliseconds(15'000));
  EXPECT_EQ(ParseDuration("500ms"), milliseconds(500));
  EXPECT_EQ(ParseDuration("1m"), milliseconds(60'000));
  EXPECT_EQ(ParseDuration("2h"), milliseconds(7'200'000));
  EXPECT_EQ(ParseDuration("0"), milliseconds(0));
}

TEST(Durations, AnythingElseIsRefusedWithWhatWouldBeRight) {
  for (const char* text : {"", "s", "-5s", "5 s", "1.5s", "5x", "5sec", "1m30s", " 5", "0x5",
                           "99999999999999999999", "9223372036854775807h"}) {
    const auto parsed = ParseDuration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error(), "expected a duration such as 15, 15s, 500ms or 1m") << text;
  }
}

TEST(Durations, WhatIsFormattedIsReadBackAsTheSame) {
  for (const int count : {0, 1, 500, 1'000, 1'500, 60'000, 90'000, 3'600'000, 86'400'000}) {
    EXPECT_EQ(ParseDuration(FormatDuration(milliseconds(count))), milliseconds(count));
  }
  EXPECT_EQ(FormatDuration(milliseconds(500)), "500ms");
  EXPECT_EQ(FormatDuration(milliseconds(5'000)), "5s");
  EXPECT_EQ(FormatDuration(milliseconds(60'000)), "1m");
}

}  // namespace
}  // namespace arkouda_exporter
