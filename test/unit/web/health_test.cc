#include "exporter/web/health.h"

#include <gtest/gtest.h>

#include "test/unit/web/answer.h"

namespace arkouda_exporter {
namespace {

TEST(HealthTest, HealthIsThePollLoopsAndReadinessIsSeparate) {
  bool is_healthy = true;
  const Route healthy = HealthyRoute([&] { return is_healthy; });
  EXPECT_EQ(AnswerOf(healthy.handler, {}).status, 200);
  is_healthy = false;
  EXPECT_EQ(AnswerOf(healthy.handler, {}).status, 503);
  EXPECT_EQ(AnswerOf(ReadyRoute().handler, {}).status, 200);
}

}  // namespace
}  // namespace arkouda_exporter
