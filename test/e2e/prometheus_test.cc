#include "test/e2e/prometheus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "test/support/exporter_test.h"
#include "test/support/temp_dir.h"

// From the bytes on Arkouda's socket to the answers of a real Prometheus.

namespace arkouda_exporter::testing {
namespace {

using ::nlohmann::json;

// All series that come from Arkouda: the exporter's own have the server's name, too.
constexpr const char* kFromArkouda =
    R"({arkouda_server_name!="", __name__!~"arkouda_up|arkouda_exporter_.*"})";

// A user whom all notations on the way have to escape: JSON twice, the text format, JSON again.
const std::string kUser = "Zoë \"the\\quote\" \n 雛";

// One entry of a reply, as Chapel writes it. `value` is text: that is what the test is about.
std::string Entry(const std::string& name, const std::string& category, const std::string& scope,
                  const std::string& value, const std::string& more = "") {
  return "{\"name\":" + json(name).dump() + ", \"category\":\"" + category + "\", \"scope\":\"" +
         scope + "\", \"timestamp\":\"2024-04-19T10:20:30.123456\", \"value\":" + value + more +
         "}";
}

std::string OfLocale(int number) {
  const std::string n = std::to_string(number);
  return ", \"locale_num\":" + n + ", \"locale_name\":\"node" + n +
         "\", \"locale_hostname\":\"node" + n + ".cluster\"";
}

std::string OfUser(const std::string& user) { return ", \"user\":" + json(user).dump(); }

std::string Reply(const std::vector<std::string>& entries) {
  std::string text = "[";
  for (const std::string& entry : entries) text += (text.size() > 1 ? ", " : "") + entry;
  return text + "]";
}

const char* const kServerInfo =
    R"({"hostname":"node0", "version":"v2024.04.19", "server_port":5555, "locales":[)"
    R"({"name":"node0", "id":"0", "hostname":"node0.cluster", "number_of_processing_units":48, )"
    R"("physical_memory":270582939648, "max_number_of_tasks":48}, )"
    R"({"name":"node1", "id":"1", "hostname":"node1.cluster", "number_of_processing_units":64, )"
    R"("physical_memory":549755813889, "max_number_of_tasks":128}], "number_of_locales":2})";

class PrometheusTest : public ExporterTest {
 protected:
  Simulator& StartRecorded(const std::vector<std::string>& entries, std::uint16_t port = 0) {
    return StartSimulator({"--reply-file", directory_.Write("all.json", Reply(entries)),
                           "--server-info-file", directory_.Write("server-info.json", kServerInfo)},
                          port);
  }

  static Labels Named(const std::string& name, Labels labels) {
    labels["__name__"] = name;
    labels["arkouda_server_name"] = "arkouda-metrics";
    return labels;
  }

 private:
  const TempDir directory_;
};

TEST_F(PrometheusTest, ValuesOfServerLocaleAndUserArriveToTheLastBit) {
  Simulator& simulator = StartRecorded({
      Entry("total", "NUM_REQUESTS", "GLOBAL", "1.234567e+06"),
      Entry("connect", "NUM_REQUESTS", "GLOBAL", "3.000000e+00"),
      Entry("arkouda_memory_used_per_locale", "SYSTEM", "LOCALE", "1.717987e+10", OfLocale(0)),
      Entry("arkouda_memory_used_per_locale", "SYSTEM", "LOCALE", "8.589934e-01", OfLocale(1)),
      Entry("arkouda_percent_memory_used_per_locale", "SYSTEM", "LOCALE", "3.333333e+01",
            OfLocale(0)),
      Entry("total", "NUM_REQUESTS", "USER", "7.000000e+00", OfUser(kUser)),
      Entry("array \"x\"", "NUM_REQUESTS", "USER", "4.900000e-324", OfUser(kUser)),
      Entry("sum", "AVG_RESPONSE_TIME", "GLOBAL", "1.797693e+308"),
      Entry("max", "AVG_RESPONSE_TIME", "GLOBAL", "inf"),
      Entry("min", "AVG_RESPONSE_TIME", "GLOBAL", "-inf"),
  });
  Exporter& exporter = StartExporter(simulator, {kPatient, "--arkouda.timezone=America/New_York"});
  const Prometheus prometheus(exporter.port());

  // Computed from the recorded reply by hand: strtod's double of each text.
  const double infinity = std::numeric_limits<double>::infinity();
  const std::map<Labels, double> expected = {
      {Named("arkouda_total_number_of_requests", {}), 1.234567e+06},
      {Named("arkouda_number_of_requests_per_command", {{"command", "connect"}}), 3},
      {Named("arkouda_memory_used_per_locale",
             {{"locale_num", "0"}, {"locale_name", "node0"}, {"locale_hostname", "node0.cluster"}}),
       1.717987e+10},
      {Named("arkouda_memory_used_per_locale",
             {{"locale_num", "1"}, {"locale_name", "node1"}, {"locale_hostname", "node1.cluster"}}),
       8.589934e-01},
      {Named("arkouda_pct_memory_used_per_locale",
             {{"locale_num", "0"}, {"locale_name", "node0"}, {"locale_hostname", "node0.cluster"}}),
       3.333333e+01},
      {Named("arkouda_per_user_total_number_of_requests", {{"user", kUser}}), 7},
      {Named("arkouda_per_user_number_of_requests_per_command",
             {{"command", "array \"x\""}, {"user", kUser}}),
       4.9e-324},
      {Named("arkouda_avg_response_times_per_command", {{"command", "sum"}}), 1.797693e+308},
      {Named("arkouda_avg_response_times_per_command", {{"command", "max"}}), infinity},
      {Named("arkouda_avg_response_times_per_command", {{"command", "min"}}), -infinity},
      // 2024-04-19T10:20:30.123456 in New York, four hours behind UTC on that day.
      {Named("arkouda_reported_timestamp", {}), 1713536430.123456},
      {Named("arkouda_server_information_info", {{"arkouda_server_hostname", "node0"},
                                                 {"arkouda_version", "v2024.04.19"},
                                                 {"arkouda_number_of_locales", "2"}}),
       1},
      {Named("arkouda_memory_per_locale",
             {{"locale_num", "0"}, {"locale_name", "node0"}, {"locale_hostname", "node0.cluster"}}),
       270582939648},
      {Named("arkouda_memory_per_locale",
             {{"locale_num", "1"}, {"locale_name", "node1"}, {"locale_hostname", "node1.cluster"}}),
       549755813889},
      {Named("arkouda_processing_units_per_locale",
             {{"locale_num", "0"}, {"locale_name", "node0"}, {"locale_hostname", "node0.cluster"}}),
       48},
      {Named("arkouda_processing_units_per_locale",
             {{"locale_num", "1"}, {"locale_name", "node1"}, {"locale_hostname", "node1.cluster"}}),
       64},
      {Named("arkouda_max_number_of_tasks_per_locale",
             {{"locale_num", "0"}, {"locale_name", "node0"}, {"locale_hostname", "node0.cluster"}}),
       48},
      {Named("arkouda_max_number_of_tasks_per_locale",
             {{"locale_num", "1"}, {"locale_name", "node1"}, {"locale_hostname", "node1.cluster"}}),
       128},
  };
  std::map<Labels, double> seen;
  EXPECT_TRUE(Await("the series in Prometheus", [&] {
    seen = prometheus.Query(kFromArkouda);
    return seen == expected;
  }));
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(prometheus.target().health, "up");
  EXPECT_EQ(prometheus.target().last_error, "");
  EXPECT_EQ(prometheus.Query("arkouda_up"),
            (std::map<Labels, double>{{Named("arkouda_up", {}), 1}}));
  EXPECT_EQ(prometheus.Query("up").begin()->second, 1);

  // With the server its series go, at once: Prometheus marks them as stale since they have left a
  // page that it could scrape, and the look-back of five minutes doesn't bring them back.
  simulator.StopAndCheck();
  EXPECT_TRUE(
      Await("no series in Prometheus", [&] { return prometheus.Query(kFromArkouda).empty(); }));
  EXPECT_EQ(prometheus.Query("arkouda_up"),
            (std::map<Labels, double>{{Named("arkouda_up", {}), 0}}));
  EXPECT_EQ(prometheus.target().health, "up");
}

TEST_F(PrometheusTest, NanArrivesAsNan) {
  Simulator& simulator = StartRecorded({
      Entry("sum", "AVG_RESPONSE_TIME", "GLOBAL", "nan"),
      Entry("total", "NUM_REQUESTS", "GLOBAL", "1.000000e+00"),
  });
  Exporter& exporter = StartExporter(simulator, {kPatient});
  const Prometheus prometheus(exporter.port());
  std::map<Labels, double> seen;
  EXPECT_TRUE(Await("the series", [&] {
    seen = prometheus.Query("arkouda_avg_response_times_per_command");
    return !seen.empty();
  }));
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_NE(seen.begin()->second, seen.begin()->second) << "only NaN differs from itself";
}

TEST_F(PrometheusTest, UserWhoLeavesTheReplyLeavesPrometheus) {
  const FreePort port;
  const auto entry = [](const std::string& user) {
    return Entry("total", "NUM_REQUESTS", "USER", "1.000000e+00", OfUser(user));
  };
  Simulator& first = StartRecorded({entry("ada"), entry("bob")}, port.number());
  Exporter& exporter = StartExporter(port.number(), {kPatient});
  const Prometheus prometheus(exporter.port());
  const auto users = [&] {
    std::set<std::string> names;
    for (const auto& [labels, value] :
         prometheus.Query("arkouda_per_user_total_number_of_requests")) {
      names.insert(labels.at("user"));
    }
    return names;
  };
  EXPECT_TRUE(Await("both users", [&] { return users() == std::set<std::string>{"ada", "bob"}; }));
  first.StopAndCheck();
  StartRecorded({entry("ada")}, port.number());
  EXPECT_TRUE(Await("one user", [&] { return users() == std::set<std::string>{"ada"}; }));
}

TEST_F(PrometheusTest, HostileNamesArriveAsTheyAre) {
  Simulator& simulator = StartSimulator({"--users", "12", "--commands", "12", "--fault",
                                         "hostile-names", "--fault", "server-info:hostile-names"});
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  const auto on_page =
      exporter.Scrape().LabelValues("arkouda_per_user_number_of_requests_per_command", "user");
  EXPECT_GE(on_page.size(), 2U);
  const Prometheus prometheus(exporter.port());
  std::set<std::string> seen;
  EXPECT_TRUE(Await("the users", [&] {
    seen.clear();
    for (const auto& [labels, value] :
         prometheus.Query("arkouda_per_user_number_of_requests_per_command")) {
      seen.insert(labels.at("user"));
    }
    return seen == on_page;
  }));
  EXPECT_EQ(seen, on_page);
  EXPECT_EQ(prometheus.target().health, "up") << prometheus.target().last_error;
}

TEST_F(PrometheusTest, NameOverPrometheusLimitDoesNotCostTheTarget) {
  const std::string user(3'000, 'u');
  Simulator& simulator = StartRecorded({
      Entry("total", "NUM_REQUESTS", "GLOBAL", "4.200000e+01"),
      Entry("total", "NUM_REQUESTS", "USER", "1.000000e+00", OfUser(user + "1")),
      Entry("total", "NUM_REQUESTS", "USER", "2.000000e+00", OfUser(user + "2")),
  });
  Exporter& exporter = StartExporter(simulator, {kPatient});
  const Prometheus prometheus(exporter.port(), "label_value_length_limit: 2048");
  EXPECT_TRUE(Await("both users", [&] {
    return prometheus.Query("arkouda_per_user_total_number_of_requests").size() == 2;
  }));
  EXPECT_EQ(prometheus.target().health, "up") << prometheus.target().last_error;

  // That it would drop the target.
  Exporter& without = StartExporter(simulator, {kPatient, "--arkouda.max-label-length=0"});
  EXPECT_TRUE(without.AwaitUp());
  simulator.AllowWaiting(2, "one for each exporter");
  const Prometheus other(without.port(), "label_value_length_limit: 2048");
  EXPECT_TRUE(Await("the target's fall", [&] { return other.target().health == "down"; }));
}

TEST_F(PrometheusTest, AllSeriesOfABigServerAreScraped) {
  Simulator& simulator = StartSimulator({"--locales", "128", "--commands", "50", "--users", "50"});
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  const Page page = exporter.Scrape();
  std::size_t expected = 0;
  for (const auto& [name, labels] : ArkoudaFamilies()) expected += page.Series(name).size();
  const Prometheus prometheus(exporter.port());
  EXPECT_TRUE(Await("all series", [&] {
    const auto count = prometheus.Query("count(" + std::string(kFromArkouda) + ")");
    return count.size() == 1 && count.begin()->second == static_cast<double>(expected);
  })) << expected;
}

}  // namespace
}  // namespace arkouda_exporter::testing
