#include "exporter/metrics/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "common/log.h"
#include "test/support/page.h"
#include "test/support/temp_dir.h"
#include "test/unit/known_target.h"

namespace arkouda_exporter {
namespace {

using ::testing::ElementsAre;
using testing::Entry;
using testing::Envelope;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::KnownTarget;
using ::testing::Not;

const std::string kOneRequest = "[" + Entry("total", "NUM_REQUESTS", "GLOBAL", "5") + "]";
const std::string kInfo =
    R"({"hostname":"h", "version":"v1", "server_port":5555, "locales":[], "number_of_locales":0})";
const std::string kTotal =
    "arkouda_total_number_of_requests{arkouda_server_name=\"arkouda-metrics\"}";

std::vector<std::string> FamiliesFromArkouda(const KnownTarget& target) {
  return testing::Page::Parse(target.page())->FamiliesFromArkouda();
}

// The states for which the page has a 1; every state must be there.
std::vector<std::string> States(const KnownTarget& target) {
  const auto page = testing::Page::Parse(target.page());
  std::vector<std::string> states;
  for (const std::string_view state : kTargetStateNames) {
    const auto value =
        page->TargetValue("arkouda_exporter_target_state", {{"state", std::string(state)}});
    EXPECT_TRUE(value.has_value()) << state;
    if (value == 1) states.emplace_back(state);
  }
  return states;
}

TEST(Snapshot, TheFirstPageSaysDownAndHasEveryResultAndReasonAtZero) {
  const KnownTarget target;
  EXPECT_TRUE(target.HasOwn("arkouda_up", "", "0"));
  for (const std::string_view result : kPollResultNames) {
    EXPECT_TRUE(target.HasOwn("arkouda_exporter_polls_total",
                              "result=\"" + std::string(result) + "\"", "0"))
        << result;
  }
  for (const std::string_view reason : kSkipReasonNames) {
    EXPECT_TRUE(target.HasOwn("arkouda_exporter_skipped_entries_total",
                              "reason=\"" + std::string(reason) + "\"", "0"))
        << reason;
  }
  EXPECT_TRUE(target.HasOwn("arkouda_exporter_last_successful_poll_timestamp_seconds", "", "0"));
  EXPECT_TRUE(target.HasOwn("arkouda_exporter_poll_duration_seconds_count", "", "0"));
  EXPECT_TRUE(target.HasOwn("arkouda_exporter_polling_interval_seconds", "", "5"));
}

TEST(Snapshot, APollPublishesValuesAndCounts) {
  KnownTarget target;
  EXPECT_EQ(target.Poll(kOneRequest), PollResult::kSuccess);
  EXPECT_TRUE(target.HasOwn("arkouda_up", "", "1"));
  EXPECT_TRUE(target.Has(kTotal + " 5"));
  EXPECT_TRUE(
      target.Has("arkouda_reported_timestamp{arkouda_server_name=\"arkouda-metrics\"} "
                 "1713528000.000001"));
  EXPECT_TRUE(target.HasOwn("arkouda_exporter_polls_total", "result=\"success\"", "1"));
  EXPECT_TRUE(
      target.HasOwn("arkouda_exporter_last_successful_poll_timestamp_seconds", "", "1700000001"));
  EXPECT_TRUE(target.HasOwn("arkouda_exporter_poll_duration_seconds_sum", "", "0.003"));
  EXPECT_TRUE(target.HasOwn("arkouda_exporter_reply_bytes", "",
                            std::to_string(Envelope(kOneRequest).size())));
}

TEST(Snapshot, SeriesThatLeaveTheReplyLeaveThePage) {
  KnownTarget target;
  target.Poll("[" + Entry("arange", "NUM_REQUESTS", "GLOBAL", "1") + "]");
  EXPECT_THAT(target.page(), HasSubstr("arkouda_number_of_requests_per_command"));
  target.Poll(kOneRequest);
  EXPECT_THAT(target.page(), Not(HasSubstr("arkouda_number_of_requests_per_command")));
}

TEST(Snapshot, EveryFailureButAnOutstandingRequestTakesArkoudasFamiliesOffThePage) {
  for (const PollResult result :
       {PollResult::kTimeout, PollResult::kUnreachable, PollResult::kDisconnected,
        PollResult::kErrorReply, PollResult::kInvalidReply, PollResult::kOversizedReply,
        PollResult::kOutOfMemory}) {
    KnownTarget target;
    target.Inform(kInfo);
    target.Poll(kOneRequest);
    target.Fail(result);
    EXPECT_TRUE(target.HasOwn("arkouda_up", "", "0")) << Name(result);
    EXPECT_THAT(FamiliesFromArkouda(target), IsEmpty()) << Name(result);
    EXPECT_TRUE(target.HasOwn("arkouda_exporter_polls_total",
                              "result=\"" + std::string(Name(result)) + "\"", "1"));
  }
}

TEST(Snapshot, EveryPollLeavesItsTargetInTheStateThatItTells) {
  KnownTarget target;
  EXPECT_THAT(States(target), ElementsAre("starting"));
  target.Tell(NotConnected{.had_connection = false, .reason = "refused"});
  EXPECT_THAT(States(target), ElementsAre("starting")) << "the first poll has not ended yet";
  for (const auto& [result, state] : {std::pair(PollResult::kOutstanding, "starting"),
                                      {PollResult::kUnreachable, "unreachable"},
                                      {PollResult::kOutstanding, "unreachable"},
                                      {PollResult::kDisconnected, "unreachable"},
                                      {PollResult::kTimeout, "busy"},
                                      {PollResult::kOutstanding, "busy"},
                                      {PollResult::kErrorReply, "unusable"},
                                      {PollResult::kInvalidReply, "unusable"},
                                      {PollResult::kOversizedReply, "unusable"},
                                      {PollResult::kOutOfMemory, "unusable"},
                                      {PollResult::kOutstanding, "unusable"}}) {
    target.Fail(result);
    EXPECT_THAT(States(target), ElementsAre(state)) << Name(result);
  }
  target.Poll(kOneRequest);
  EXPECT_THAT(States(target), ElementsAre("answering"));
  target.Fail(PollResult::kOutstanding);
  EXPECT_THAT(States(target), ElementsAre("answering")) << "a request that is not late yet";
  target.Tell(NotConnected{.had_connection = true, .reason = "closed"});
  EXPECT_THAT(States(target), ElementsAre("unreachable"));
  target.Fail(PollResult::kTimeout);
  target.PollLate(kOneRequest);
  EXPECT_THAT(States(target), ElementsAre("answering"));
}

TEST(Snapshot, AStateKeepsTheTimeAtWhichItBegan) {
  constexpr std::chrono::seconds kInterval(5);
  KnownTarget target;
  EXPECT_EQ(target.snapshot()->state_since, 0);
  for (int i = 0; i < 2; ++i, target.Wait(kInterval)) {
    target.Poll(kOneRequest);
    EXPECT_EQ(target.snapshot()->state_since, 1'700'000'001);
  }
  for (int i = 0; i < 2; ++i, target.Wait(kInterval)) {
    target.Fail(PollResult::kTimeout);
    EXPECT_EQ(target.snapshot()->state_since, 1'700'000'011);
  }
  target.Poll(kOneRequest);
  EXPECT_EQ(target.snapshot()->state_since, 1'700'000'021);
}

TEST(Snapshot, AnOutstandingRequestAloneChangesNothingButItsCount) {
  KnownTarget target;
  target.Poll(kOneRequest);
  target.Fail(PollResult::kOutstanding);
  EXPECT_TRUE(target.HasOwn("arkouda_up", "", "1"));
  EXPECT_TRUE(target.Has(kTotal + " 5"));
  EXPECT_TRUE(target.HasOwn("arkouda_exporter_polls_total", "result=\"outstanding\"", "1"));
}

TEST(Snapshot, ALateReplyIsPublishedWithoutCountingAPollTwice) {
  KnownTarget target;
  target.Fail(PollResult::kTimeout);
  target.PollLate(kOneRequest);
  EXPECT_TRUE(target.HasOwn("arkouda_up", "", "1"));
  EXPECT_TRUE(target.Has(kTotal + " 5"));
  EXPECT_TRUE(target.HasOwn("arkouda_exporter_polls_total", "result=\"success\"", "0"));
  EXPECT_TRUE(target.HasOwn("arkouda_exporter_polls_total", "result=\"timeout\"", "1"));
}

TEST(Snapshot, ALostConnectionTakesValuesAndServerInformationOffThePageAtOnce) {
  KnownTarget target;
  target.Tell(Connected{});
  target.Inform(kInfo);
  target.Poll(kOneRequest);
  EXPECT_THAT(target.page(), HasSubstr("arkouda_version=\"v1\""));
  target.Tell(NotConnected{.had_connection = true, .reason = "closed"});
  EXPECT_TRUE(target.HasOwn("arkouda_up", "", "0"));
  EXPECT_THAT(FamiliesFromArkouda(target), IsEmpty());
}

TEST(Snapshot, AnAttemptToConnectThatFailsSaysNothingOfTheTarget) {
  KnownTarget target;
  target.Tell(NotConnected{.had_connection = false, .reason = "refused"});
  EXPECT_THAT(States(target), ElementsAre("starting"));
}

TEST(Snapshot, ServerInformationThatCannotBeReadIsLeftOutAndTheValuesStay) {
  KnownTarget target;
  EXPECT_TRUE(target.Inform(kInfo));
  EXPECT_FALSE(target.Inform("[]"));
  target.Poll(kOneRequest);
  EXPECT_TRUE(target.Has(kTotal + " 5"));
  EXPECT_THAT(target.page(), Not(HasSubstr("arkouda_version")));
}

TEST(Snapshot, SkippedEntriesAreCountedByReason) {
  KnownTarget target;
  target.Poll("[5, {}, " + Entry("n", "ODD", "GLOBAL", "1") + ", " +
              Entry("total", "NUM_REQUESTS", "GLOBAL", "\"x\"") + ", " +
              Entry("total", "NUM_REQUESTS", "GLOBAL", "1") + ", " +
              Entry("total", "NUM_REQUESTS", "GLOBAL", "2") + "]");
  for (const char* reason :
       {"not_an_object", "missing_field", "unknown_category", "bad_value", "duplicate"}) {
    EXPECT_TRUE(target.HasOwn("arkouda_exporter_skipped_entries_total",
                              "reason=\"" + std::string(reason) + "\"", "1"))
        << reason;
  }
  EXPECT_TRUE(target.Has(kTotal + " 2"));
}

TEST(Snapshot, NothingOfAReplyThatBreaksOffIsKeptOrCounted) {
  KnownTarget target;
  EXPECT_EQ(target.Poll("[5, " + Entry("total", "NUM_REQUESTS", "GLOBAL", "1") + ", {"),
            PollResult::kInvalidReply);
  EXPECT_TRUE(target.HasOwn("arkouda_up", "", "0"));
  EXPECT_TRUE(
      target.HasOwn("arkouda_exporter_skipped_entries_total", "reason=\"not_an_object\"", "0"));
}

TEST(Snapshot, SeveralFramesAreNoReply) {
  KnownTarget target;
  EXPECT_EQ(target.PollFrames({Envelope(kOneRequest), "more"}), PollResult::kInvalidReply);
}

TEST(Snapshot, WhatIsLeftOutOfServerInformationIsCountedByReason) {
  KnownTarget target;
  EXPECT_TRUE(target.Inform(R"({"hostname":"h", "locales":[{}], "number_of_locales":1})"));
  target.Poll(kOneRequest);
  EXPECT_TRUE(
      target.HasOwn("arkouda_exporter_skipped_entries_total", "reason=\"bad_locale\"", "1"));
  EXPECT_TRUE(
      target.HasOwn("arkouda_exporter_skipped_entries_total", "reason=\"missing_field\"", "1"));
}

TEST(Snapshot, LabelValuesOverTheLimitAreCountedAndLoggedOnce) {
  KnownTarget target;
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 2; ++i) {
    target.Poll("[" + Entry(std::string(2'000, 'n'), "NUM_REQUESTS", "GLOBAL", "5") + "]");
  }
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_TRUE(target.HasOwn("arkouda_exporter_shortened_labels_total", "", "2"));
  EXPECT_THAT(log, HasSubstr("level=warn msg=\"label values shortened\" target=host:5556 "
                             "limit=1024 count=1 first=nnn"));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
}

TEST(Snapshot, ATimestampThatCannotBeReadCostsItselfAlone) {
  KnownTarget target;
  target.Poll(R"([{"name":"total", "category":"NUM_REQUESTS", "scope":"GLOBAL", )"
              R"("timestamp":"yesterday", "value":5}])");
  EXPECT_TRUE(target.Has(kTotal + " 5"));
  EXPECT_THAT(target.page(), Not(HasSubstr("arkouda_reported_timestamp")));
  EXPECT_TRUE(
      target.HasOwn("arkouda_exporter_skipped_entries_total", "reason=\"bad_timestamp\"", "1"));
}

TEST(Snapshot, AStateIsLoggedWhenItBeginsAndNotOnceAPoll) {
  KnownTarget target;
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    target.Tell(NotConnected{.had_connection = false, .reason = "refused"});
    target.Fail(PollResult::kUnreachable);
  }
  target.Tell(Connected{});
  for (int i = 0; i < 3; ++i) {
    target.Poll("[5, " + Entry("total", "NUM_REQUESTS", "GLOBAL", "1") + "]");
  }
  const std::string log = ::testing::internal::GetCapturedStderr();
  const auto count = [&](const std::string& text) {
    int found = 0;
    for (std::size_t at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(count("level=warn msg=\"not connected to Arkouda\" target=host:5556 reason=refused"), 1)
      << log;
  EXPECT_EQ(count("level=warn msg=\"poll failed\" target=host:5556 result=unreachable"), 1) << log;
  EXPECT_EQ(count("level=info msg=\"connected to Arkouda\""), 1) << log;
  EXPECT_EQ(count("level=info msg=\"polls succeed again\""), 1) << log;
  EXPECT_EQ(count("level=warn msg=\"entries skipped\" target=host:5556 reason=not_an_object"), 1)
      << log;
  EXPECT_EQ(count("\n"), 5) << log;
}

TEST(Snapshot, APollThatFindsNoConnectionAfterAReplyThatWasTooLargeIsNoOtherFailure) {
  KnownTarget target;
  ::testing::internal::CaptureStderr();
  target.Fail(PollResult::kOversizedReply);
  target.Fail(PollResult::kUnreachable);
  target.Fail(PollResult::kOversizedReply);
  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  ::testing::internal::CaptureStderr();
  target.Fail(PollResult::kUnreachable);
  target.Fail(PollResult::kUnreachable);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("result=unreachable"));
}

}  // namespace
}  // namespace arkouda_exporter
