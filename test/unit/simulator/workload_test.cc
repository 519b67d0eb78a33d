#include "test/simulator/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "common/metric.h"
#include "test/simulator/form.h"

namespace arkouda_simulator {
namespace {

using arkouda_exporter::Metric;
using arkouda_exporter::MetricCategory;
using arkouda_exporter::MetricScope;
using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;

constexpr WorkloadSize kSize = {.locales = 2, .commands = 8, .users = 3};

using Values = std::map<std::string, double>;

/// By name, the global values of a category after that many steps.
Values After(int steps, Form form, MetricCategory category, WorkloadSize size = kSize) {
  Workload workload(size, 1, form);
  for (int i = 0; i < steps; ++i) workload.Advance();
  Values values;
  workload.Visit(category, Names::kPlain, [&](const Metric& metric) {
    if (metric.scope == MetricScope::kGlobal) values[std::string(metric.name)] = metric.value;
  });
  return values;
}

TEST(SimulatorWorkloadTest, AServerOf2024CountsErrorsByType) {
  const Values errors = After(100, Form::k2024, MetricCategory::kNumErrors);
  EXPECT_GT(errors.at("total"), 0);
  EXPECT_GT(errors.at("IllegalArgumentError"), 0);
}

TEST(SimulatorWorkloadTest, ANewerServerCountsNoErrors) {
  EXPECT_EQ(After(100, Form::k2026, MetricCategory::kNumErrors), (Values{{"total", 0}}));
}

TEST(SimulatorWorkloadTest, ANewerServerCountsWhatFailsAsRequestsWithAResponseTime) {
  const Values older = After(100, Form::k2024, MetricCategory::kNumRequests);
  const Values newer = After(100, Form::k2026, MetricCategory::kNumRequests);
  const double failed = After(100, Form::k2024, MetricCategory::kNumErrors).at("total");
  EXPECT_EQ(newer.at("total"), older.at("total") + failed);
  EXPECT_GT(After(100, Form::k2026, MetricCategory::kTotalResponseTime).at("connect"),
            After(100, Form::k2024, MetricCategory::kTotalResponseTime).at("connect"));
}

TEST(SimulatorWorkloadTest, TheRequestsOfUsersAndOfCommandsAddUpToTheSame) {
  for (const Form form : {Form::k2022, Form::k2024, Form::k2026}) {
    Workload workload(kSize, 1, form);
    for (int i = 0; i < 20; ++i) workload.Advance();
    double of_users = 0;
    double total = 0;
    double of_commands = 0;
    workload.Visit(std::nullopt, Names::kPlain, [&](const Metric& metric) {
      if (metric.category != MetricCategory::kNumRequests) return;
      if (metric.name == "total") {
        (metric.scope == MetricScope::kUser ? of_users : total) += metric.value;
      } else if (metric.scope == MetricScope::kGlobal) {
        of_commands += metric.value;
      }
    });
    EXPECT_EQ(of_users, total);
    EXPECT_EQ(of_commands, total);
  }
}

TEST(SimulatorWorkloadTest, ANewerServersCommandsCarryTheTypesOfArrays) {
  const Values newer = After(1, Form::k2026, MetricCategory::kNumRequests);
  EXPECT_THAT(newer, Contains(Key("array<int64,1>")));
  EXPECT_THAT(newer, Contains(Key("sum<float64,2>")));
  EXPECT_THAT(newer, Contains(Key("connect")));
  EXPECT_THAT(After(1, Form::k2024, MetricCategory::kNumRequests), Each(Key(Not(HasSubstr("<")))));
}

TEST(SimulatorWorkloadTest, ALocaleUsesAShareOfWhatItMayUseWhateverItsHostHas) {
  WorkloadSize size = kSize;
  size.mem_max = 1'000'000;
  Workload workload(size, 1, Form::k2024);
  workload.Advance();
  double used = 0;
  workload.Visit(MetricCategory::kSystem, Names::kPlain, [&](const Metric& metric) {
    if (metric.name == "arkouda_memory_used_per_locale") {
      used = metric.value;
    } else {
      EXPECT_NEAR(used / metric.value * 100, 1'000'000, 1);
    }
  });
  EXPECT_GT(used, 0);
  EXPECT_EQ(workload.Locales(Names::kPlain)[0].physical_memory, std::int64_t{256} << 30);
}

}  // namespace
}  // namespace arkouda_simulator
