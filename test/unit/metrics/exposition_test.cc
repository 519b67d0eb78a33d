#include "exporter/metrics/exposition.h"

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>

namespace arkouda_exporter {
namespace {

std::string Value(double value) {
  std::string out;
  AppendValue(out, value);
  return out;
}

TEST(AppendValue, WritesTheWordsOfTheTextFormat) {
  EXPECT_EQ(Value(0), "0");
  EXPECT_EQ(Value(-1.5), "-1.5");
  EXPECT_EQ(Value(34359738368), "34359738368");
  EXPECT_EQ(Value(1e300), "1e+300");
  EXPECT_EQ(Value(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(Value(-std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(Value(std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(Value(-std::numeric_limits<double>::infinity()), "-Inf");
}

TEST(AppendValue, EveryDoubleIsReadBackAsTheSameBits) {
  std::mt19937_64 random(1);  // NOLINT(cert-msc51-cpp): the same doubles in every run
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const std::string text = Value(value);
    double read = 0;
    std::from_chars(text.data(), text.data() + text.size(), read);
    std::uint64_t bits_read = 0;
    std::memcpy(&bits_read, &read, sizeof read);
    ASSERT_EQ(bits_read, bits) << text;
  }
}

TEST(AppendLabelValue, EscapesBackslashQuoteAndNewlineAlone) {
  std::string out;
  AppendLabelValue(out, "a\\b\"c\nd\te\xc3\xa9");
  EXPECT_EQ(out, "a\\\\b\\\"c\\nd\te\xc3\xa9");
}

TEST(RenderSamples, WritesEveryLabelInTheFamilysOrder) {
  Samples samples;
  const auto add = [&](FamilyId family, double value, const Entries::Texts& texts) {
    samples.Of(family).push_back(samples.entries().Add({}, {}, value, texts));
  };
  add(FamilyId::kMemoryUsedPerLocale, 1.5, {"", "node\"0", "0", "node0.cluster"});
  add(FamilyId::kTotalNumberOfRequests, 7, {});
  const Lines lines =
      RenderSamples(samples, TargetLabels("my \"ark\"", {{"slurm_job_id", "4711"}}));
  EXPECT_EQ(lines.Of(FamilyId::kMemoryUsedPerLocale),
            "arkouda_memory_used_per_locale{arkouda_server_name=\"my \\\"ark\\\"\","
            "slurm_job_id=\"4711\",locale_name=\"node\\\"0\",locale_num=\"0\","
            "locale_hostname=\"node0.cluster\"} 1.5\n");
  EXPECT_EQ(lines.Of(FamilyId::kTotalNumberOfRequests),
            "arkouda_total_number_of_requests{arkouda_server_name=\"my \\\"ark\\\"\","
            "slurm_job_id=\"4711\"} 7\n");
  EXPECT_EQ(lines.Of(FamilyId::kNumberOfConnections), "");
}

TEST(AppendFamilies, WritesHeadersAndEscapesHelp) {
  std::string out;
  AppendFamilies(out, {{{.name = "c_total",
                         .type = "counter",
                         .help = "a\\b\nc",
                         .samples = {{.labels = LabelText("file", "\"x\""), .value = 0.5}}},
                        {.name = "g", .type = "gauge", .help = "G.", .samples = {{.value = 3}}}}});
  EXPECT_EQ(out,
            "# HELP c_total a\\\\b\\nc\n# TYPE c_total counter\nc_total{file=\"\\\"x\\\"\"} 0.5\n"
            "# HELP g G.\n# TYPE g gauge\ng 3\n");
}

TEST(AppendFamilies, LeavesOutWhatIsNotWanted) {
  const std::vector<ProcessFamily> families = {
      {.name = "a", .type = "gauge", .help = "A.", .samples = {{.value = 1}}},
      {.name = "b", .type = "gauge", .help = "B.", .samples = {{.value = 2}}}};
  std::string out;
  AppendFamilies(out, families, {.names = {"b", "c"}});
  EXPECT_EQ(out, "# HELP b B.\n# TYPE b gauge\nb 2\n");
}

TEST(AppendHeader, OpenMetricsNamesACountersFamilyWithoutTotal) {
  std::string out;
  AppendHeader(out, "a_total", "The \"a\"s.", "counter", ExpositionFormat::kOpenMetrics);
  AppendHeader(out, "b_total", "B\\.", "gauge", ExpositionFormat::kOpenMetrics);
  EXPECT_EQ(
      out,
      "# HELP a The \\\"a\\\"s.\n# TYPE a counter\n# HELP b_total B\\\\.\n# TYPE b_total gauge\n");
}

TEST(IsWanted, ByTheFamilysNameOrOneOfItsSeries) {
  const auto is_wanted = [](const char* name, const char* family, const char* type) {
    return IsWanted({.names = {name}}, family, type);
  };
  EXPECT_TRUE(IsWanted({}, "a", "gauge"));
  EXPECT_TRUE(is_wanted("a", "a", "gauge"));
  EXPECT_FALSE(is_wanted("a", "ab", "gauge"));
  EXPECT_TRUE(is_wanted("a", "a_total", "counter"));
  EXPECT_TRUE(is_wanted("a_total", "a_total", "counter"));
  EXPECT_FALSE(is_wanted("a", "a_total", "gauge"));
  for (const char* series : {"a", "a_bucket", "a_sum", "a_count"}) {
    EXPECT_TRUE(is_wanted(series, "a", "histogram")) << series;
  }
  EXPECT_FALSE(is_wanted("a_count", "a", "gauge"));
}

TEST(AppendHistogram, CountsAreCumulative) {
  constexpr std::array<double, 2> kBounds = {0.1, 1};
  constexpr std::array<std::uint64_t, 3> kCounts = {2, 0, 1};
  std::string out;
  AppendHistogram(out, "h", "k=\"v\"", {.bounds = kBounds, .counts = kCounts, .sum = 5.5});
  EXPECT_EQ(out,
            "h_bucket{k=\"v\",le=\"0.1\"} 2\nh_bucket{k=\"v\",le=\"1.0\"} 2\n"
            "h_bucket{k=\"v\",le=\"+Inf\"} 3\nh_sum{k=\"v\"} 5.5\nh_count{k=\"v\"} 3\n");
}

}  // namespace
}  // namespace arkouda_exporter
