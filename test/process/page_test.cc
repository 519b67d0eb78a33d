#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <string>

#include "test/support/exporter_test.h"
#include "test/support/page_watch.h"
#include "test/support/temp_dir.h"

// What is on the page, over many polls of one server.

namespace arkouda_exporter::testing {
namespace {

class PageContentTest : public ExporterTest {};

TEST_F(PageContentTest, EveryFamilyOfAServerIsThereInEveryFormOfReply) {
  for (const char* form : {"2022", "2024", "2026"}) {
    SCOPED_TRACE(form);
    Simulator& simulator = StartSimulator({"--form", form});
    Exporter& exporter = StartExporter(simulator, {kPatient});
    EXPECT_TRUE(exporter.AwaitUp());
    const Page page = exporter.Scrape();
    EXPECT_TRUE(IsConsistent(page));
    std::set<std::string> expected;
    for (const auto& [name, labels] : ArkoudaFamilies()) {
      // What a server of 2022 doesn't measure yet.
      const bool is_later =
          name.starts_with("arkouda_avg_") || name.starts_with("arkouda_total_resp") ||
          name.starts_with("arkouda_total_memory_") || name.find("_errors") != std::string::npos;
      // What one of 2026 doesn't tell any more.
      const bool is_gone =
          std::string(form) == "2026" && name == "arkouda_number_of_errors_per_error_type";
      if ((std::string(form) != "2022" || !is_later) && !is_gone) expected.insert(name);
    }
    const auto names = page.FamiliesFromArkouda();
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()), expected);
  }
}

TEST_F(PageContentTest, ANewerServerCountsNoErrorsAndNamesTheTypesOfArrays) {
  Simulator& simulator = StartSimulator({"--form", "2026"});
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  const Page page = exporter.Scrape();
  EXPECT_EQ(page.TargetValue("arkouda_total_number_of_errors"), 0);
  EXPECT_TRUE(
      page.TargetValue("arkouda_number_of_requests_per_command", {{"command", "array<int64,1>"}}));
}

TEST_F(PageContentTest, OwnFamiliesAreThereFromTheFirstScrapeOnWithAllTheirSeries) {
  const FreePort port;
  Exporter& exporter = StartExporter(port.number(), {"--polling-interval=1h"});
  const Page page = exporter.Scrape();
  EXPECT_EQ(page.TargetValue("arkouda_up"), 0);
  for (const char* result : {"success", "outstanding", "timeout", "unreachable", "disconnected",
                             "invalid_reply", "error_reply", "oversized_reply", "out_of_memory"}) {
    EXPECT_TRUE(page.TargetValue("arkouda_exporter_polls_total", {{"result", result}})) << result;
  }
  for (const char* reason :
       {"not_an_object", "missing_field", "wrong_type", "unknown_category", "unknown_scope",
        "unknown_name", "bad_value", "duplicate", "bad_encoding", "bad_locale", "bad_timestamp"}) {
    EXPECT_EQ(page.TargetValue("arkouda_exporter_skipped_entries_total", {{"reason", reason}}), 0)
        << reason;
  }
  EXPECT_EQ(page.TargetValue("arkouda_exporter_polling_interval_seconds"), 3600);
  EXPECT_EQ(page.TargetValue("arkouda_exporter_target_state", {{"state", "starting"}}), 1);
  EXPECT_EQ(page.Value("arkouda_exporter_targets"), 1);
  for (const char* name :
       {"arkouda_exporter_last_successful_poll_timestamp_seconds", "arkouda_exporter_reply_bytes",
        "arkouda_exporter_poll_duration_seconds_count"}) {
    EXPECT_TRUE(page.TargetValue(name)) << name;
  }
  for (const char* name : {"process_cpu_seconds_total", "process_open_fds", "process_max_fds",
                           "process_virtual_memory_bytes", "process_resident_memory_bytes",
                           "process_start_time_seconds"}) {
    EXPECT_TRUE(page.Value(name)) << name;
  }
  const auto& build = page.Series("arkouda_exporter_build_info");
  ASSERT_EQ(build.size(), 1U);
  EXPECT_EQ(build.begin()->second, 1);
  std::set<std::string> labels;
  for (const auto& [label, value] : build.begin()->first) labels.insert(label);
  EXPECT_EQ(labels, (std::set<std::string>{"version", "revision", "compiler"}));
  for (const auto& [name, type] :
       {std::pair("arkouda_up", "gauge"), std::pair("arkouda_exporter_polls_total", "counter"),
        std::pair("arkouda_exporter_poll_duration_seconds", "histogram"),
        std::pair("arkouda_exporter_last_successful_poll_timestamp_seconds", "gauge"),
        std::pair("arkouda_exporter_skipped_entries_total", "counter"),
        std::pair("arkouda_exporter_reply_bytes", "gauge"),
        std::pair("arkouda_exporter_build_info", "gauge")}) {
    EXPECT_EQ(page.families().at(name).type, type) << name;
  }
}

TEST_F(PageContentTest, ServerInformationIsAskedForInEveryTwentiethPoll) {
  Simulator& simulator = StartSimulator();
  StartExporter(simulator, {kPatient, "--polling-interval=100ms"});
  EXPECT_TRUE(Await("the 41st poll", [&] { return simulator.HasReceived(41); }));
  const SimulatorReport report = simulator.Report();
  EXPECT_EQ(report.connections, 1);
  // In the polls 1, 21, 41… and in each of them before ALL.
  const int expected = (report.all + 19) / 20;
  const bool is_between_the_two = report.all % 20 == 0 && report.server_info == expected + 1;
  EXPECT_TRUE(report.server_info == expected || is_between_the_two)
      << report.server_info << " of " << report.all;
}

TEST_F(PageContentTest, SeriesThatVanishFromTheReplyVanishFromThePage) {
  const TempDir directory;
  const auto entry = [](const std::string& name, const std::string& user) {
    return R"({"name":")" + name +
           R"(", "category":"NUM_REQUESTS", "scope":"USER", "timestamp":"2024-05-01T12:00:00.0", )" +
           R"("value":3.000000e+00, "user":")" + user + "\"}";
  };
  const FreePort port;
  const std::string both = "[" + entry("total", "ada") + ", " + entry("total", "bob") + "]";
  const std::string file = directory.Write("reply.json", both);
  Simulator& first = StartSimulator({"--reply-file", file}, port.number());
  Exporter& exporter = StartExporter(port.number(), {kPatient});
  const auto users = [](const Page& page) {
    return page.LabelValues("arkouda_per_user_total_number_of_requests", "user");
  };
  EXPECT_TRUE(exporter.AwaitPage("both", [&](const Page& page) {
    return users(page) == std::set<std::string>{"ada", "bob"};
  }));
  PageWatch watch(exporter, [&](const Page& page) {
    const auto seen = users(page);
    return seen.empty() || seen.contains("ada") ? ::testing::AssertionSuccess()
                                                : ::testing::AssertionFailure() << page.text();
  });
  first.StopAndCheck();
  directory.Write("reply.json", "[" + entry("total", "ada") + "]");
  StartSimulator({"--reply-file", file}, port.number());
  EXPECT_TRUE(exporter.AwaitPage(
      "one", [&](const Page& page) { return users(page) == std::set<std::string>{"ada"}; }));
}

TEST_F(PageContentTest, ScrapesDuringBigRepliesAreNeverHalfAPage) {
  // A sanitizer makes a poll of 43,000 series take seconds.
  Simulator& simulator = StartSimulator({"--locales", kIsSanitized ? "64" : "1024", "--commands",
                                         "200", "--users", kIsSanitized ? "10" : "200"});
  Exporter& exporter = StartExporter(simulator, {kPatient, "--polling-interval=100ms"});
  EXPECT_TRUE(exporter.AwaitUp());
  const Page first = exporter.Scrape();
  std::size_t series = 0;
  for (const auto& [name, labels] : ArkoudaFamilies()) series += first.Series(name).size();
  EXPECT_GE(series, kIsSanitized ? 3000U : 43000U);
  PageWatch watch(exporter, [&](const Page& page) {
    if (page.TargetValue("arkouda_up") != 1.0) return IsConsistent(page);
    if (page.FamiliesFromArkouda() != first.FamiliesFromArkouda()) {
      return ::testing::AssertionFailure() << "other families";
    }
    std::size_t count = 0;
    for (const auto& [name, labels] : ArkoudaFamilies()) count += page.Series(name).size();
    if (count != series) return ::testing::AssertionFailure() << count << " series";
    return IsConsistent(page);
  });
  EXPECT_TRUE(watch.AwaitPages(kIsSanitized ? 3 : 10));
  EXPECT_TRUE(exporter.AwaitPolls("success", 3));
}

}  // namespace
}  // namespace arkouda_exporter::testing
