#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <set>
#include <string>
#include <vector>

#include "test/support/exporter_test.h"
#include "test/support/page_watch.h"
#include "test/support/temp_dir.h"

// Whatever a server answers, the exporter lives on, says what was wrong, once, and goes on polling.

namespace arkouda_exporter::testing {
namespace {

constexpr int kFaultyReplies = 3;

Arguments WithFault(const std::string& fault) {
  return {"--fault", fault, "--fault-after", "2", "--fault-times", std::to_string(kFaultyReplies)};
}

struct BadReply {
  std::string test_name;
  std::string fault;
  std::string result;
};

void PrintTo(const BadReply& reply, std::ostream* out) { *out << reply.fault; }

class BadReplyTest : public ExporterTest, public ::testing::WithParamInterface<BadReply> {};

INSTANTIATE_TEST_SUITE_P(
    Faults, BadReplyTest,
    ::testing::Values(BadReply{"CutShort", "truncate", "invalid_reply"},
                      BadReply{"OverTheLimit", "oversize=2000000", "oversized_reply"},
                      BadReply{"Empty", "empty", "invalid_reply"},
                      BadReply{"NoJson", "not-json", "invalid_reply"},
                      BadReply{"AnError", "error", "error_reply"},
                      BadReply{"OfSeveralFrames", "frames", "invalid_reply"},
                      BadReply{"WithoutMsg", "no-msg", "invalid_reply"},
                      BadReply{"WithAMsgThatIsNoArray", "msg-not-array", "invalid_reply"}),
    [](const auto& reply) { return reply.param.test_name; });

TEST_P(BadReplyTest, FailsItsPollAndNothingElse) {
  Simulator& simulator = StartSimulator(WithFault(GetParam().fault));
  Exporter& exporter = StartExporter(simulator, {kPatient, "--arkouda.max-reply-bytes=1000000"});
  PageWatch watch(exporter, IsConsistent);
  EXPECT_TRUE(exporter.AwaitPage("the failure", [](const Page& page) {
    return page.Polls(GetParam().result) >= 1 && page.TargetValue("arkouda_up") == 0.0;
  }));
  EXPECT_EQ(exporter.Get("/-/healthy").status, 200);
  EXPECT_TRUE(exporter.AwaitPage("recovery", [](const Page& page) {
    return page.Polls(GetParam().result) == kFaultyReplies && page.TargetValue("arkouda_up") == 1.0;
  }));
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
  EXPECT_EQ(exporter.Scrape().Polls(GetParam().result), kFaultyReplies);

  const std::vector<LogLine> failures = exporter.Log("poll failed");
  ASSERT_EQ(failures.size(), 1U) << "one line for one change of state";
  EXPECT_EQ(failures.front().at("result"), GetParam().result);
  EXPECT_EQ(failures.front().at("level").substr(0, 4), "warn");
  // A sentence of its own and at most 200 bytes of the reply, with "..." behind them.
  EXPECT_FALSE(failures.front().at("reason").empty());
  EXPECT_LE(failures.front().at("reason").size(), 200U + 203U);
  EXPECT_EQ(exporter.Log("polls succeed again").size(), 1U);
}

struct BadEntry {
  std::string test_name;
  std::string fault;
  std::string reason;
  // How many bad entries the simulator puts among the good ones of a reply; some of them may be
  // counted for other reasons (wrong-types has elements that are not objects). 0: depends on the
  // rest.
  int in_a_reply;
};

void PrintTo(const BadEntry& entry, std::ostream* out) { *out << entry.fault; }

class BadEntryTest : public ExporterTest, public ::testing::WithParamInterface<BadEntry> {};

INSTANTIATE_TEST_SUITE_P(
    Faults, BadEntryTest,
    ::testing::Values(BadEntry{"OfWrongTypes", "wrong-types", "wrong_type", 18},
                      BadEntry{"WithAValueNestedDeeply", "deep", "bad_value", 1},
                      BadEntry{"OfAnUnknownCategory", "unknown-category", "unknown_category", 4},
                      BadEntry{"OfAnUnknownScope", "unknown-scope", "unknown_scope", 4},
                      BadEntry{"ThatIsNotUtf8", "non-utf8", "bad_encoding", 1},
                      BadEntry{"WithoutAField", "missing-field", "missing_field", 9},
                      BadEntry{"ThatIsThereTwice", "duplicates", "duplicate", 0}),
    [](const auto& entry) { return entry.param.test_name; });

TEST_P(BadEntryTest, IsLeftOutAndCountedWhileTheRestIsKept) {
  Simulator& simulator = StartSimulator(WithFault(GetParam().fault));
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitPolls("success", 1));
  PageWatch watch(exporter, [](const Page& page) {
    if (page.TargetValue("arkouda_up") != 1.0) {
      return ::testing::AssertionFailure() << "the entry has cost the poll";
    }
    if (page.text().find("\"bad\"") != std::string::npos) {
      return ::testing::AssertionFailure() << "a bad entry is on the page:\n" << page.text();
    }
    return IsConsistent(page);
  });
  EXPECT_TRUE(
      Await("the end of the fault", [&] { return simulator.HasReceived(2 + kFaultyReplies + 1); }));
  EXPECT_TRUE(exporter.AwaitPolls("success", 1));
  const Page page = exporter.Scrape();
  const auto& skipped = page.Series("arkouda_exporter_skipped_entries_total");
  double count = 0;
  for (const auto& [labels, value] : skipped) count += value;
  EXPECT_GE(page.Skipped(GetParam().reason), kFaultyReplies);
  if (GetParam().in_a_reply > 0) {
    EXPECT_EQ(count, GetParam().in_a_reply * kFaultyReplies);
  }
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
  EXPECT_EQ(exporter.Scrape().Series("arkouda_exporter_skipped_entries_total"), skipped)
      << "no more after the fault";

  std::set<std::string> logged;
  for (const LogLine& line : exporter.Log("entries skipped")) {
    EXPECT_EQ(line.at("level").substr(0, 4), "warn");
    for (const auto& [key, value] : line) EXPECT_LE(value.size(), 203U) << key;
    EXPECT_TRUE(logged.insert(line.at("reason")).second) << "once a kind";
  }
  EXPECT_TRUE(logged.contains(GetParam().reason));
}

class OddReplyTest : public ExporterTest {};

TEST_F(OddReplyTest, BareNanIsAValueAndCostsNothingElse) {
  Simulator& simulator = StartSimulator({"--fault", "nan"});
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  const Page page = exporter.Scrape();
  EXPECT_TRUE(IsConsistent(page));
  int not_finite = 0;
  for (const auto& [family, labels] : ArkoudaFamilies()) {
    for (const auto& [series, value] : page.Series(family)) {
      if (!(value - value == 0)) ++not_finite;
    }
  }
  EXPECT_GE(not_finite, 1);
  EXPECT_EQ(page.Polls("invalid_reply"), 0);
  EXPECT_EQ(page.Skipped("bad_value"), 0);
}

TEST_F(OddReplyTest, HostileNamesAreEscapedOnThePage) {
  Simulator& simulator = StartSimulator(
      {"--users", "12", "--fault", "hostile-names", "--fault", "server-info:hostile-names"});
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  const Page page = exporter.Scrape();  // read by the strict parser
  EXPECT_TRUE(IsConsistent(page));
  const auto users = page.LabelValues("arkouda_per_user_total_number_of_requests", "user");
  std::string all;
  for (const std::string& user : users) all += user;
  for (const char* hostile : {"\"", "\\", "\n"}) {
    EXPECT_NE(all.find(hostile), std::string::npos) << hostile << " in " << all;
  }
}

TEST_F(OddReplyTest, LocaleThatCannotBeReadCostsItsOwnSeriesOnly) {
  const TempDir directory;
  const auto locale = [](const std::string& id, const std::string& memory) {
    return R"({"name":"n", "id":")" + id +
           R"(", "hostname":"h", "number_of_processing_units":6, "physical_memory":)" + memory +
           R"(, "max_number_of_tasks":6})";
  };
  const std::string info = directory.Write(
      "info", R"({"hostname":"h", "version":"v1", "server_port":5555, "locales":[)" +
                  locale("0", "34359738368") + ", " + locale("1", "3.435974e+10") +
                  R"(], "number_of_locales":2})");
  Simulator& simulator = StartSimulator({"--server-info-file", info});
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  const Page page = exporter.Scrape();
  EXPECT_EQ(page.LabelValues("arkouda_memory_per_locale", "locale_num"),
            std::set<std::string>{"0"});
  EXPECT_EQ(page.ArkoudaVersion(), "v1");
  EXPECT_EQ(page.Skipped("bad_locale"), 1);
  EXPECT_EQ(exporter.Log("entries skipped").size(), 1U);
}

TEST_F(OddReplyTest, TimestampWithAZoneIsUsedAndOneThatIsNoneIsCounted) {
  const TempDir directory;
  const auto reply = [&](const std::string& timestamp) {
    return directory.Write("reply-" + timestamp,
                           R"([{"name":"total", "category":"NUM_REQUESTS", "scope":"GLOBAL", )"
                           R"("timestamp":")" +
                               timestamp + R"(", "value":1}])");
  };
  Simulator& simulator = StartSimulator({"--reply-file", reply("2026-11-25T10:00:00.5Z")});
  Exporter& exporter = StartExporter(simulator, {kPatient, "--arkouda.timezone=America/New_York"});
  EXPECT_TRUE(exporter.AwaitUp());
  EXPECT_EQ(exporter.Scrape().TargetValue("arkouda_reported_timestamp"), 1795600800.5);

  Simulator& odd = StartSimulator({"--reply-file", reply("noon")});
  Exporter& other = StartExporter(odd, {kPatient});
  EXPECT_TRUE(other.AwaitUp());
  const Page page = other.Scrape();
  EXPECT_TRUE(page.Series("arkouda_reported_timestamp").empty());
  EXPECT_GE(page.Skipped("bad_timestamp"), 1);
  EXPECT_EQ(page.Series("arkouda_total_number_of_requests").size(), 1U);
}

TEST_F(OddReplyTest, MemoryThatCannotBeHadIsNotTakenForAnInvalidReply) {
  if (kIsSanitized) GTEST_SKIP() << "a sanitizer ends a process whose memory is limited";
  Simulator& simulator =
      StartSimulator({"--fault", "oversize=30000000", "--fault-after", "1", "--fault-times", "2"});
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  // Enough for the reply's bytes, too little for what it takes to read them.
  constexpr std::size_t kHeadroom = 110'000'000;
  const auto virtual_bytes = exporter.Scrape().Value("process_virtual_memory_bytes");
  ASSERT_TRUE(virtual_bytes);
  const rlim_t most = static_cast<rlim_t>(*virtual_bytes) + kHeadroom;
  const rlimit limit{.rlim_cur = most, .rlim_max = most};
  ASSERT_EQ(prlimit(exporter.process().pid(), RLIMIT_AS, &limit, nullptr), 0);
  EXPECT_TRUE(exporter.AwaitPage("the failures and the recovery", [](const Page& page) {
    return page.Polls("out_of_memory") == 2 && page.TargetValue("arkouda_up") == 1.0;
  }));
  EXPECT_EQ(exporter.Scrape().Polls("invalid_reply"), 0);
  const auto failures = exporter.Log("poll failed");
  ASSERT_EQ(failures.size(), 1U);
  EXPECT_NE(failures.front().at("reason").find("not enough memory for a reply of 30"),
            std::string::npos);
}

TEST_F(OddReplyTest, ServerInfoThatCannotBeUsedCostsTheInformationOnly) {
  for (const char* fault : {"server-info:error", "server-info:not-json", "server-info:truncate"}) {
    SCOPED_TRACE(fault);
    Simulator& simulator = StartSimulator({"--fault", fault});
    Exporter& exporter = StartExporter(simulator, {kPatient});
    EXPECT_TRUE(exporter.AwaitPolls("success", 3));
    const Page page = exporter.Scrape();
    EXPECT_EQ(page.TargetValue("arkouda_up"), 1);
    EXPECT_EQ(page.Series("arkouda_total_number_of_requests").size(), 1U);
    EXPECT_FALSE(page.ArkoudaVersion().has_value());
    exporter.Stop(SIGTERM);
  }
}

}  // namespace
}  // namespace arkouda_exporter::testing
