#include "exporter/process/settings.h"

#include <gtest/gtest.h>

#include <chrono>

namespace arkouda_exporter {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(SettingsTest, TheDefaultTimeoutFollowsTheIntervalUpToTenSeconds) {
  EXPECT_EQ(DefaultTimeout(milliseconds(100)), milliseconds(100));
  EXPECT_EQ(DefaultTimeout(seconds(3)), seconds(3));
  EXPECT_EQ(DefaultTimeout(seconds(10)), seconds(10));
  EXPECT_EQ(DefaultTimeout(seconds(60)), seconds(10));
}

TEST(SettingsTest, OnceLogsWarningsAndErrorsAlone) {
  EXPECT_EQ(DefaultLogLevel(Command::kOnce), LogLevel::kWarn);
  EXPECT_EQ(DefaultLogLevel(Command::kServe), LogLevel::kInfo);
}

}  // namespace
}  // namespace arkouda_exporter
