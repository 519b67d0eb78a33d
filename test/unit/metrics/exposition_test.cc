#include "exporter/metrics/exposition.h"

#include <gtest/gtest.h>
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>

#include "exporter/metrics/page.h"

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
  samples.Add(FamilyId::kMemoryUsedPerLocale, {"node\"0", "0", "node0.cluster"}, 1.5);
  samples.Add(FamilyId::kTotalNumberOfRequests, {}, 7);
  EXPECT_EQ(RenderSamples(GetFamily(FamilyId::kMemoryUsedPerLocale), samples, "my \"ark\""),
            "arkouda_memory_used_per_locale{arkouda_server_name=\"my \\\"ark\\\"\","
            "locale_name=\"node\\\"0\",locale_num=\"0\",locale_hostname=\"node0.cluster\"} 1.5\n");
  EXPECT_EQ(RenderSamples(GetFamily(FamilyId::kTotalNumberOfRequests), samples, "s"),
            "arkouda_total_number_of_requests{arkouda_server_name=\"s\"} 7\n");
  EXPECT_EQ(RenderSamples(GetFamily(FamilyId::kNumberOfConnections), samples, "s"), "");
}

TEST(AppendFamilies, WritesCountersGaugesAndHistograms) {
  prometheus::Registry registry;
  prometheus::BuildCounter().Name("c_total").Help("a\\b\nc").Register(registry).Add(
      {{"result", "x"}});
  prometheus::BuildHistogram()
      .Name("h")
      .Help("H.")
      .Register(registry)
      .Add({{"k", "v"}}, prometheus::Histogram::BucketBoundaries{0.1, 1})
      .Observe(0.5);
  std::string out;
  AppendFamilies(out, registry.Collect());
  EXPECT_EQ(out,
            "# HELP c_total a\\\\b\\nc\n# TYPE c_total counter\nc_total{result=\"x\"} 0\n"
            "# HELP h H.\n# TYPE h histogram\n"
            "h_bucket{k=\"v\",le=\"0.1\"} 0\nh_bucket{k=\"v\",le=\"1\"} 1\n"
            "h_bucket{k=\"v\",le=\"+Inf\"} 1\nh_sum{k=\"v\"} 0.5\nh_count{k=\"v\"} 1\n");
}

TEST(Page, GroupsTheLinesOfSeveralTargetsByFamily) {
  const auto snapshot = [](const std::string& name, double value) {
    Samples samples;
    samples.Add(FamilyId::kTotalNumberOfRequests, {}, value);
    samples.Add(FamilyId::kNumberOfConnections, {}, value);
    auto fragments = std::make_shared<Fragments>();
    for (const Family& family : Families()) {
      (*fragments)[static_cast<std::size_t>(family.id)] = RenderSamples(family, samples, name);
    }
    auto made = std::make_shared<Snapshot>();
    made->fragments = fragments;
    return std::shared_ptr<const Snapshot>(made);
  };
  const std::array<std::shared_ptr<const Snapshot>, 3> targets = {
      snapshot("a", 1), std::make_shared<const Snapshot>(), snapshot("b", 2)};
  const std::string text = AssemblePage(targets).Text();
  const auto position = [&](const std::string& line) {
    const std::size_t found = text.find(line);
    EXPECT_NE(found, std::string::npos) << line;
    return found;
  };
  EXPECT_LT(position("arkouda_total_number_of_requests{arkouda_server_name=\"a\"} 1\n"),
            position("arkouda_total_number_of_requests{arkouda_server_name=\"b\"} 2\n"));
  EXPECT_LT(position("arkouda_total_number_of_requests{arkouda_server_name=\"b\"} 2\n"),
            position("# HELP arkouda_number_of_connections"));
  EXPECT_EQ(text.find("# HELP arkouda_number_of_connections"),
            text.rfind("# HELP arkouda_number_of_connections"));
  EXPECT_EQ(text.find("arkouda_number_of_errors_per_error_type"), std::string::npos);
}

}  // namespace
}  // namespace arkouda_exporter
