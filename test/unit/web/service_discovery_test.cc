#include "exporter/web/service_discovery.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "test/unit/web/answer.h"

namespace arkouda_exporter {
namespace {

Response Discover(const std::vector<DiscoveredTarget>& targets) {
  return AnswerOf(ServiceDiscoveryRoute([&] { return targets; }).handler, {.method = "GET"});
}

TEST(ServiceDiscoveryTest, IsAGroupForEachTargetInJson) {
  const Response response =
      Discover({{.address = "node17:5556",
                 .labels = {{"arkouda_server_name", "alice-4711"}, {"slurm_job_id", "4711"}}},
                {.address = "[fd00::7]:5556", .labels = {{"user", "\"\\\n\xc3\xa9"}}},
                {.address = "node18:5556"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body.Text(),
            R"([{"targets":["node17:5556"],)"
            R"("labels":{"arkouda_server_name":"alice-4711","slurm_job_id":"4711"}},)"
            R"({"targets":["[fd00::7]:5556"],"labels":{"user":"\"\\\n)"
            "\xc3\xa9"
            R"("}},{"targets":["node18:5556"],"labels":{}}])"
            "\n");
}

// Prometheus keeps the targets that it had when it gets anything else.
TEST(ServiceDiscoveryTest, IsAnEmptyListWithoutTargets) {
  EXPECT_EQ(Discover({}).body.Text(), "[]\n");
}

TEST(ServiceDiscoveryTest, ALabelThatIsNotUtf8DoesNotCostTheOthers) {
  EXPECT_EQ(Discover({{.address = "a:1", .labels = {{"user", "\xff"}}}}).body.Text(),
            "[{\"targets\":[\"a:1\"],\"labels\":{\"user\":\"\xef\xbf\xbd\"}}]\n");
}

}  // namespace
}  // namespace arkouda_exporter
