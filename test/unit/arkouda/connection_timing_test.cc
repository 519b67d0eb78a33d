#include "exporter/arkouda/connection_timing.h"

#include <gtest/gtest.h>

#include <chrono>

namespace arkouda_exporter {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ConnectionTimingTest, AFastIntervalDoesNotMakeASlowNetworkFail) {
  const ConnectionTiming timing = TimingFor(milliseconds(100));
  EXPECT_EQ(timing.connect_timeout, milliseconds(250));
  EXPECT_EQ(timing.handshake_timeout, seconds(1));
  EXPECT_EQ(timing.heartbeat_interval, milliseconds(100));
  EXPECT_EQ(timing.heartbeat_timeout, seconds(2));
  EXPECT_EQ(timing.longest_reconnect_pause, milliseconds(100));
}

TEST(ConnectionTimingTest, TimingFollowsTheInterval) {
  const ConnectionTiming timing = TimingFor(milliseconds(2500));
  EXPECT_EQ(timing.connect_timeout, milliseconds(2500));
  EXPECT_EQ(timing.handshake_timeout, milliseconds(2500));
  EXPECT_EQ(timing.heartbeat_interval, milliseconds(2500));
  EXPECT_EQ(timing.heartbeat_timeout, seconds(2));
  EXPECT_EQ(timing.longest_reconnect_pause, milliseconds(2500));
  EXPECT_EQ(TimingFor(seconds(10)).heartbeat_timeout, seconds(5));
}

TEST(ConnectionTimingTest, ASlowIntervalDoesNotMakeAServerThatIsGoneGoUnnoticed) {
  const ConnectionTiming timing = TimingFor(hours(24));
  EXPECT_EQ(timing.connect_timeout, seconds(3));
  EXPECT_EQ(timing.handshake_timeout, seconds(5));
  EXPECT_EQ(timing.heartbeat_interval, seconds(15));
  EXPECT_EQ(timing.heartbeat_timeout, seconds(30));
  EXPECT_EQ(timing.longest_reconnect_pause, seconds(30));
}

}  // namespace
}  // namespace arkouda_exporter
