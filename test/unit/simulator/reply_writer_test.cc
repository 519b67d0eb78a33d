#include "test/simulator/reply_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "common/metric.h"

namespace arkouda_simulator {
namespace {

using arkouda_exporter::Metric;
using arkouda_exporter::MetricCategory;
using arkouda_exporter::MetricScope;

std::string Text(const Metric& metric) {
  fmt::memory_buffer out;
  AppendMetric(out, metric);
  return fmt::to_string(out);
}

std::string Real(double value) {
  fmt::memory_buffer out;
  AppendReal(out, value);
  return fmt::to_string(out);
}

Metric LocaleMetric() {
  Metric metric;
  metric.name = "arkouda_memory_used_per_locale";
  metric.category = MetricCategory::kSystem;
  metric.scope = MetricScope::kLocale;
  metric.timestamp = "2022-08-15T06:52:33.745940";
  metric.locale_name = "hokiegeek.local";
  metric.locale_hostname = "hokiegeek.local";
  return metric;
}

Metric UserMetric() {
  Metric metric;
  metric.name = "total";
  metric.scope = MetricScope::kUser;
  metric.timestamp = "2022-08-15T06:52:33.745847";
  metric.value = 12345678;
  metric.user = "me";
  return metric;
}

/// The process's time zone for the length of a test.
class ScopedTimeZone {
 public:
  explicit ScopedTimeZone(const char* zone) {
    setenv("TZ", zone, 1);
    tzset();
  }
  ~ScopedTimeZone() {
    unsetenv("TZ");
    tzset();
  }
  ScopedTimeZone(const ScopedTimeZone&) = delete;
  ScopedTimeZone& operator=(const ScopedTimeZone&) = delete;
};

TEST(SimulatorReplyWriterTest, WritesEntriesAsARealServerLoggedThem) {
  Metric global;
  global.name = "total";
  global.timestamp = "2022-08-15T06:52:33.745847";
  EXPECT_EQ(Text(global), R"({"name":"total", "category":"NUM_REQUESTS", "scope":"GLOBAL", )"
                          R"("timestamp":"2022-08-15T06:52:33.745847", "value":0.000000e+00})");
  EXPECT_EQ(Text(LocaleMetric()),
            R"({"name":"arkouda_memory_used_per_locale", "category":"SYSTEM", "scope":"LOCALE", )"
            R"("timestamp":"2022-08-15T06:52:33.745940", "value":0.000000e+00, "locale_num":0, )"
            R"("locale_name":"hokiegeek.local", "locale_hostname":"hokiegeek.local"})");
  EXPECT_EQ(Text(UserMetric()),
            R"({"name":"total", "category":"NUM_REQUESTS", "scope":"USER", )"
            R"("timestamp":"2022-08-15T06:52:33.745847", "value":1.234568e+07, "user":"me"})");
}

TEST(SimulatorReplyWriterTest, FieldsAreWhatAppendMetricWrites) {
  for (const Metric& metric : {LocaleMetric(), UserMetric()}) {
    fmt::memory_buffer out;
    AppendObject(out, Fields(metric));
    EXPECT_EQ(fmt::to_string(out), Text(metric));
  }
}

TEST(SimulatorReplyWriterTest, WritesALocaleAsARealServerLoggedIt) {
  fmt::memory_buffer out;
  AppendObject(out, Fields(arkouda_exporter::LocaleInfo{.id = "0",
                                                        .name = "hokiegeek.local",
                                                        .hostname = "hokiegeek.local",
                                                        .processing_units = 6,
                                                        .physical_memory = 34359738368,
                                                        .max_tasks = 6}));
  EXPECT_EQ(fmt::to_string(out),
            R"({"name":"hokiegeek.local", "id":"0", "hostname":"hokiegeek.local", )"
            R"("number_of_processing_units":6, "physical_memory":34359738368, )"
            R"("max_number_of_tasks":6})");
}

TEST(SimulatorReplyWriterTest, WritesRealsWithSixDigitsAndAnExponent) {
  EXPECT_EQ(Real(0), "0.000000e+00");
  EXPECT_EQ(Real(12345678), "1.234568e+07");
  EXPECT_EQ(Real(-0.5), "-5.000000e-01");
  EXPECT_EQ(Real(1e300), "1.000000e+300");
}

TEST(SimulatorReplyWriterTest, WritesWhatIsNoNumberBare) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(Real(kNan), "nan");
  EXPECT_EQ(Real(-kNan), "-nan");
  EXPECT_EQ(Real(kInf), "inf");
  EXPECT_EQ(Real(-kInf), "-inf");
}

TEST(SimulatorReplyWriterTest, EscapesStringsAsJsonDemands) {
  EXPECT_EQ(ToJson(""), R"("")");
  EXPECT_EQ(ToJson("\"\\/"), R"("\"\\/")");
  EXPECT_EQ(ToJson("\b\f\n\r\t"), R"("\b\f\n\r\t")");
  EXPECT_EQ(ToJson(std::string_view("\x00\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(ToJson("d\u00e9j\u00e0 \U0001f680"), "\"d\u00e9j\u00e0 \U0001f680\"");
}

TEST(SimulatorReplyWriterTest, ThePartsOfAnEnvelopeCanBeReadBack) {
  const std::string msg = "[{\"name\":\"a \\\"b\\\"\"}]\n";
  const auto read =
      nlohmann::json::parse(WriteEnvelope({.msg = msg, .msg_type = "NORMAL", .user = "m\"e"}));
  EXPECT_EQ(read,
            nlohmann::json(
                {{"msg", msg}, {"msgType", "NORMAL"}, {"msgFormat", "STRING"}, {"user", "m\"e"}}));
}

TEST(SimulatorReplyWriterTest, WritesTheEnvelopeInTheServersFormat) {
  EXPECT_EQ(WriteEnvelope({.msg = "[]", .msg_type = "NORMAL", .user = "me"}),
            R"({"msg": "[]", "msgType": "NORMAL", "msgFormat": "STRING", "user": "me"})");
  EXPECT_EQ(WriteEnvelope({.msg = "no", .msg_type = "ERROR", .user = "me", .has_payload = true}),
            R"({"msg": "no", "msgType": "ERROR", "msgFormat": "STRING", "user": "me", )"
            R"("payload": ""})");
  EXPECT_EQ(WriteEnvelope({.msg = {}, .msg_type = "NORMAL", .user = "me"}),
            R"({"msgType": "NORMAL", "msgFormat": "STRING", "user": "me"})");
}

TEST(SimulatorTimestampsTest, AreLocalTimeWithoutAZone) {
  const ScopedTimeZone zone("XXX-5:30");
  Timestamps timestamps(std::chrono::system_clock::time_point(std::chrono::seconds(1660546353)) +
                        std::chrono::microseconds(745847));
  EXPECT_EQ(timestamps.Next(), "2022-08-15T12:22:33.745847");
}

TEST(SimulatorTimestampsTest, AreAMicrosecondApartAlsoOverASecondsEnd) {
  const ScopedTimeZone zone("UTC0");
  Timestamps timestamps(std::chrono::system_clock::time_point(std::chrono::seconds(1672531199)) +
                        std::chrono::microseconds(999998));
  EXPECT_EQ(timestamps.Next(), "2022-12-31T23:59:59.999998");
  EXPECT_EQ(timestamps.Next(), "2022-12-31T23:59:59.999999");
  EXPECT_EQ(timestamps.Next(), "2023-01-01T00:00:00.000000");
  EXPECT_EQ(timestamps.Next(), "2023-01-01T00:00:00.000001");
}

}  // namespace
}  // namespace arkouda_simulator
