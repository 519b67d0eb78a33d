#include "exporter/arkouda/connection_timing.h"

#include <gtest/gtest.h>

#include <chrono>

namespace arkouda_exporter {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""h;

TEST(ConnectionTimingTest, AFastIntervalDoesNotMakeASlowNetworkFail) {
  const ConnectionTiming timing = TimingFor(100ms);
  EXPECT_EQ(timing.connect_timeout, 250ms);
  EXPECT_EQ(timing.handshake_timeout, 1s);
  EXPECT_EQ(timing.heartbeat_interval, 100ms);
  EXPECT_EQ(timing.heartbeat_timeout, 2s);
  EXPECT_EQ(timing.longest_reconnect_pause, 100ms);
}

TEST(ConnectionTimingTest, TimingFollowsTheInterval) {
  const ConnectionTiming timing = TimingFor(2500ms);
  EXPECT_EQ(timing.connect_timeout, 2500ms);
  EXPECT_EQ(timing.handshake_timeout, 2500ms);
  EXPECT_EQ(timing.heartbeat_interval, 2500ms);
  EXPECT_EQ(timing.heartbeat_timeout, 2s);
  EXPECT_EQ(timing.longest_reconnect_pause, 1s);
  EXPECT_EQ(TimingFor(10s).heartbeat_timeout, 5s);
}

TEST(ConnectionTimingTest, ASlowIntervalDoesNotMakeAServerThatIsGoneGoUnnoticed) {
  const ConnectionTiming timing = TimingFor(24h);
  EXPECT_EQ(timing.connect_timeout, 3s);
  EXPECT_EQ(timing.handshake_timeout, 5s);
  EXPECT_EQ(timing.heartbeat_interval, 15s);
  EXPECT_EQ(timing.heartbeat_timeout, 30s);
  EXPECT_EQ(timing.longest_reconnect_pause, 1s);
}

}  // namespace
}  // namespace arkouda_exporter
