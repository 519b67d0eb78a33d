#include "exporter/metrics/process_lines.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace arkouda_exporter {
namespace {

using std::chrono::milliseconds;

class ProcessLinesTest : public ::testing::Test {
 protected:
  std::string Get(const PageSelection& selection = {}) { return *lines_.Get(selection); }

  std::chrono::steady_clock::time_point now_;
  int reads_ = 0;
  ProcessLines lines_{[this] {
                        ++reads_;
                        const double value = reads_;
                        return std::vector<ProcessFamily>{
                            {.name = "a_total", .type = "counter", .samples = {{.value = value}}},
                            {.name = "b", .type = "gauge", .samples = {{.value = value}}}};
                      },
                      [this] { return now_; }};
};

TEST_F(ProcessLinesTest, AreReadTenTimesASecondAtMost) {
  const std::string first =
      "# HELP a_total \n# TYPE a_total counter\na_total 1\n"
      "# HELP b \n# TYPE b gauge\nb 1\n";
  EXPECT_EQ(Get(), first);
  now_ += milliseconds(99);
  EXPECT_EQ(Get(), first);
  EXPECT_EQ(Get({.names = {"b"}}), "# HELP b \n# TYPE b gauge\nb 1\n");
  EXPECT_EQ(reads_, 1);
  now_ += milliseconds(1);
  EXPECT_EQ(Get({.names = {"b"}}), "# HELP b \n# TYPE b gauge\nb 2\n");
  EXPECT_NE(Get(), first);
  EXPECT_EQ(reads_, 2);
  lines_.Forget();
  EXPECT_EQ(Get({.names = {"b"}}), "# HELP b \n# TYPE b gauge\nb 3\n");
}

TEST_F(ProcessLinesTest, EachFormatHasItsHeaders) {
  EXPECT_EQ(Get({.format = ExpositionFormat::kOpenMetrics}),
            "# HELP a \n# TYPE a counter\na_total 1\n# HELP b \n# TYPE b gauge\nb 1\n");
  EXPECT_EQ(Get({.format = ExpositionFormat::kText, .names = {"a_total"}}),
            "# HELP a_total \n# TYPE a_total counter\na_total 1\n");
}

}  // namespace
}  // namespace arkouda_exporter
