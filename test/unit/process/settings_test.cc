#include "exporter/process/settings.h"

#include <gtest/gtest.h>

#include <chrono>

namespace arkouda_exporter {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST(SettingsTest, TheDefaultTimeoutFollowsTheIntervalUpToTenSeconds) {
  EXPECT_EQ(DefaultTimeout(100ms), 100ms);
  EXPECT_EQ(DefaultTimeout(3s), 3s);
  EXPECT_EQ(DefaultTimeout(10s), 10s);
  EXPECT_EQ(DefaultTimeout(60s), 10s);
}

TEST(SettingsTest, OnceLogsWarningsAndErrorsAlone) {
  EXPECT_EQ(DefaultLogLevel(Command::kOnce), LogLevel::kWarn);
  EXPECT_EQ(DefaultLogLevel(Command::kServe), LogLevel::kInfo);
}

}  // namespace
}  // namespace arkouda_exporter
