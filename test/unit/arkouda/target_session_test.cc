#include "exporter/arkouda/target_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <variant>
#include <vector>

namespace arkouda_exporter {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string Text(const PollOutcome& outcome) {
  if (outcome.is_late) return "late reply";
  return "ended " + std::string(Name(outcome.result)) + (outcome.sent_at ? " (answered)" : "");
}

std::string Text(const TargetSession::Action& action) {
  if (std::holds_alternative<TargetSession::Connect>(action)) return "connect";
  if (std::holds_alternative<TargetSession::Disconnect>(action)) return "disconnect";
  if (const auto* const send = std::get_if<TargetSession::Send>(&action)) {
    return send->kind == RequestKind::kAll ? "send ALL" : "send SERVER_INFO";
  }
  const TargetEvent& event = std::get<TargetSession::Report>(action).event;
  if (const auto* const outcome = std::get_if<PollOutcome>(&event)) return Text(*outcome);
  if (const auto* const lost = std::get_if<NotConnected>(&event)) {
    return lost->had_connection ? "tell lost" : "tell failed";
  }
  return "tell connected";
}

// What the connection's coming and going says beside what the polls do.
bool IsOfConnection(const std::string& line) {
  return line == "disconnect" || line.starts_with("tell ");
}

// A session with a clock in the test's hand: it starts at zero, the interval is 5 s.
class TargetSessionTest : public ::testing::Test {
 protected:
  using Lines = std::vector<std::string>;

  void Start(Duration timeout = seconds(5)) {
    session_.emplace(TargetSession::Settings{.interval = seconds(5), .timeout = timeout}, start_,
                     start_);
  }

  // Moves the clock on to `elapsed` after the start, calling OnTime whenever it is due.
  Lines Until(Duration elapsed) {
    Lines lines;
    const TimePoint end = start_ + elapsed;
    while (session_->NextWakeup() <= end) {
      now_ = std::max(now_, session_->NextWakeup());
      session_->OnTime(now_);
      for (std::string& line : OfPolls()) lines.push_back(std::move(line));
    }
    now_ = end;
    return lines;
  }

  Lines Connected() {
    session_->OnConnected(now_);
    return OfPolls();
  }
  Lines Lost(PollResult result = PollResult::kDisconnected) {
    session_->OnConnectionLost(now_, result, "closed");
    return OfPolls();
  }
  // The outstanding request is answered; `result`: kSuccess by a reply that can be used.
  Lines Reply(PollResult result = PollResult::kSuccess) {
    GiveReply(result);
    return OfPolls();
  }
  void GiveReply(PollResult result) {
    const auto error = tl::unexpected(ReplyError{.result = result, .reason = "odd"});
    const bool is_usable = result == PollResult::kSuccess;
    if (session_->outstanding() == RequestKind::kServerInfo) {
      is_usable ? session_->OnServerInfo(Information{}) : session_->OnServerInfo(error);
    } else {
      is_usable ? session_->OnMetrics(5, Metrics{}) : session_->OnMetrics(5, error);
    }
  }

  // A session that is connected and knows the server's information; the first poll has ended.
  void StartAnswered(Duration timeout = seconds(5)) {
    Start(timeout);
    ASSERT_THAT(Until(seconds(0)), ElementsAre("connect"));
    ASSERT_THAT(Connected(), ElementsAre("send SERVER_INFO"));
    ASSERT_THAT(Reply(), ElementsAre("send ALL"));
    ASSERT_THAT(Reply(), ElementsAre("ended success (answered)"));
  }

  // What is to be done, all of it.
  Lines All() {
    Lines lines;
    last_outcome_.reset();
    while (const auto action = session_->NextAction()) {
      lines.push_back(Text(*action));
      const auto* const report = std::get_if<TargetSession::Report>(&*action);
      const auto* const outcome =
          report == nullptr ? nullptr : std::get_if<PollOutcome>(&report->event);
      if (outcome != nullptr) last_outcome_ = *outcome;
    }
    return lines;
  }
  Lines OfPolls() {
    Lines lines = All();
    lines.erase(std::remove_if(lines.begin(), lines.end(), IsOfConnection), lines.end());
    return lines;
  }

  const TimePoint start_{};
  TimePoint now_ = start_;
  std::optional<TargetSession> session_;
  std::optional<PollOutcome> last_outcome_;
};

TEST_F(TargetSessionTest, PollsAtOnceAndThenAtAFixedRate) {
  StartAnswered();
  EXPECT_THAT(Until(milliseconds(4'999)), IsEmpty());
  EXPECT_THAT(Until(seconds(5)), ElementsAre("send ALL"));
  EXPECT_THAT(Until(milliseconds(9'900)), IsEmpty());
  EXPECT_THAT(Reply(), ElementsAre("ended success (answered)"));
  EXPECT_THAT(Until(seconds(10)), ElementsAre("send ALL")) << "a slow poll shifts nothing";
}

TEST_F(TargetSessionTest, ConnectsAtOnceWhenTheFirstPollIsDueLater) {
  session_.emplace(TargetSession::Settings{.interval = seconds(5), .timeout = seconds(5)}, start_,
                   start_ + seconds(3));
  EXPECT_THAT(Until(seconds(0)), ElementsAre("connect"));
  EXPECT_THAT(Connected(), IsEmpty());
  EXPECT_THAT(Until(milliseconds(2'999)), IsEmpty());
  EXPECT_THAT(Until(seconds(3)), ElementsAre("send SERVER_INFO"));
}

TEST_F(TargetSessionTest, AsksForServerInformationEveryTwentiethPoll) {
  StartAnswered();
  for (int poll = 2; poll <= 41; ++poll) {
    const Lines sent = Until(seconds(5) * (poll - 1));
    const bool is_due = poll == 21 || poll == 41;
    EXPECT_THAT(sent, ElementsAre(is_due ? "send SERVER_INFO" : "send ALL")) << poll;
    if (is_due) {
      EXPECT_THAT(Reply(), ElementsAre("send ALL"));
    }
    EXPECT_THAT(Reply(), ElementsAre("ended success (answered)"));
  }
}

TEST_F(TargetSessionTest, AsksForServerInformationAfterEveryConnection) {
  StartAnswered();
  EXPECT_THAT(Lost(), IsEmpty());
  EXPECT_THAT(Until(milliseconds(100)), ElementsAre("connect"));
  EXPECT_THAT(Connected(), IsEmpty()) << "the poll is due at the next tick";
  EXPECT_THAT(Until(seconds(5)), ElementsAre("send SERVER_INFO"));
}

TEST_F(TargetSessionTest, ServerInformationThatCannotBeUsedIsAskedForAgainAndCostsNoPoll) {
  Start();
  Until(seconds(0));
  Connected();
  EXPECT_THAT(Reply(PollResult::kErrorReply), ElementsAre("send ALL"));
  EXPECT_THAT(Reply(), ElementsAre("ended success (answered)"));
  EXPECT_THAT(Until(seconds(5)), ElementsAre("send SERVER_INFO"));
}

TEST_F(TargetSessionTest, APollWaitsForAConnectionUntilItsDeadline) {
  Start(seconds(3));
  EXPECT_THAT(Until(seconds(2)), ElementsAre("connect"));
  EXPECT_THAT(Connected(), ElementsAre("send SERVER_INFO"));
  Start(seconds(3));
  now_ = start_;
  EXPECT_THAT(Until(seconds(3)), ElementsAre("connect", "ended unreachable"));
  EXPECT_THAT(Connected(), IsEmpty());
  EXPECT_THAT(Until(seconds(5)), ElementsAre("send SERVER_INFO"));
}

TEST_F(TargetSessionTest, WithoutAServerEveryTickIsOneUnreachablePoll) {
  Start();
  EXPECT_THAT(Until(seconds(0)), ElementsAre("connect"));
  int unreachable = 0;
  for (int tenth = 1; tenth <= 200; ++tenth) {
    Lost();
    for (const std::string& line : Until(milliseconds(100) * tenth)) {
      if (line == "connect") continue;
      EXPECT_EQ(line, "ended unreachable");
      ++unreachable;
    }
  }
  EXPECT_EQ(unreachable, 4);
}

TEST_F(TargetSessionTest, TheReconnectPauseGrowsToItsLongestAndStartsAnewAfterAConnection) {
  Start();
  Until(seconds(0));
  std::vector<Duration> pauses;
  for (int i = 0; i < 6; ++i) {
    Lost();
    const TimePoint lost_at = now_;
    while (Until(now_ - start_ + milliseconds(1)) != Lines{"connect"}) {
      if (now_ - lost_at > seconds(3)) break;
    }
    pauses.push_back(now_ - lost_at);
  }
  EXPECT_THAT(pauses, ElementsAre(milliseconds(100), milliseconds(200), milliseconds(400),
                                  milliseconds(800), seconds(1), seconds(1)));
  Connected();
  Lost();
  EXPECT_EQ(session_->NextWakeup(), now_ + milliseconds(100));
}

TEST_F(TargetSessionTest, APollDoesNotWaitForThePauseBeforeAnotherAttemptToConnect) {
  session_.emplace(TargetSession::Settings{.interval = seconds(5),
                                           .timeout = seconds(5),
                                           .first_reconnect_pause = seconds(4),
                                           .longest_reconnect_pause = seconds(30)},
                   start_, start_);
  EXPECT_THAT(Until(seconds(0)), ElementsAre("connect"));
  now_ = start_ + seconds(3);
  Lost();
  EXPECT_THAT(Until(milliseconds(4'999)), IsEmpty());
  EXPECT_THAT(Until(seconds(5)), ElementsAre("ended unreachable", "connect"));
  Lost();
  EXPECT_THAT(Until(milliseconds(9'999)), IsEmpty()) << "the pause has doubled";
}

TEST_F(TargetSessionTest, WhileAReplyIsLateTheNextPollsSendNothing) {
  StartAnswered();
  EXPECT_THAT(Until(seconds(5)), ElementsAre("send ALL"));
  EXPECT_THAT(Until(seconds(10)), ElementsAre("ended timeout", "ended outstanding"));
  EXPECT_THAT(Until(seconds(60)), ::testing::Each("ended outstanding"));
  EXPECT_EQ(session_->outstanding(), RequestKind::kAll);
}

TEST_F(TargetSessionTest, ALateReplyIsUsedAndTheNextTickPollsAgain) {
  StartAnswered();
  Until(seconds(5));
  Until(seconds(22));
  EXPECT_THAT(Reply(), ElementsAre("late reply"));
  EXPECT_EQ(session_->outstanding(), std::nullopt);
  EXPECT_THAT(Until(seconds(25)), ElementsAre("send ALL"));
}

TEST_F(TargetSessionTest, ALateReplyThatCannotBeUsedEndsTheWaitAlone) {
  StartAnswered();
  Until(seconds(12));
  EXPECT_THAT(Reply(PollResult::kInvalidReply), IsEmpty());
  EXPECT_THAT(Until(seconds(15)), ElementsAre("send ALL"));
}

TEST_F(TargetSessionTest, ALateServerInformationIsKeptAndTheNextTickAsksForTheMetrics) {
  Start();
  Until(seconds(0));
  Connected();
  Until(seconds(7));
  EXPECT_THAT(Reply(), IsEmpty());
  EXPECT_THAT(Until(seconds(10)), ElementsAre("send ALL"));
}

TEST_F(TargetSessionTest, WithATimeoutAboveTheIntervalATickCountsAsOutstandingWhileThePollGoesOn) {
  StartAnswered(seconds(12));
  EXPECT_THAT(Until(seconds(5)), ElementsAre("send ALL"));
  EXPECT_THAT(Until(seconds(10)), ElementsAre("ended outstanding"));
  EXPECT_THAT(Reply(), ElementsAre("ended success (answered)"));
  EXPECT_THAT(Until(seconds(15)), ElementsAre("send ALL"));
  EXPECT_THAT(Until(seconds(27)),
              ElementsAre("ended outstanding", "ended outstanding", "ended timeout"));
}

TEST_F(TargetSessionTest, OnlyWhenTheServerIsGoneIsANewRequestSent) {
  StartAnswered();
  Until(seconds(5));
  EXPECT_THAT(Until(seconds(11)), ElementsAre("ended timeout", "ended outstanding"));
  EXPECT_THAT(Lost(), IsEmpty()) << "the poll was counted when it timed out";
  EXPECT_THAT(Until(milliseconds(11'100)), ElementsAre("connect"));
  EXPECT_THAT(Connected(), IsEmpty());
  EXPECT_THAT(Until(seconds(15)), ElementsAre("send SERVER_INFO"));
}

TEST_F(TargetSessionTest, ALossWhileAReplyIsOwedEndsThePollAsWhatIsKnownOfTheLoss) {
  StartAnswered();
  Until(seconds(5));
  EXPECT_THAT(Lost(), ElementsAre("ended disconnected"));
  EXPECT_THAT(Until(seconds(6)), ElementsAre("connect"));
  Connected();
  Until(seconds(10));
  EXPECT_THAT(Lost(PollResult::kOversizedReply), ElementsAre("ended oversized_reply"));
}

TEST_F(TargetSessionTest, AnUnusableReplyEndsThePollAsWhatItIs) {
  StartAnswered();
  Until(seconds(5));
  EXPECT_THAT(Reply(PollResult::kInvalidReply), ElementsAre("ended invalid_reply (answered)"));
}

TEST_F(TargetSessionTest, MissedTicksAreDropped) {
  StartAnswered();
  now_ = start_ + seconds(42);  // the machine was suspended
  session_->OnTime(now_);
  EXPECT_THAT(All(), ElementsAre("send ALL"));
  EXPECT_THAT(Reply(), ElementsAre("ended success (answered)"));
  EXPECT_THAT(Until(milliseconds(44'999)), IsEmpty());
  EXPECT_THAT(Until(seconds(45)), ElementsAre("send ALL")) << "the rate is where it was";
}

TEST_F(TargetSessionTest, ALostConnectionIsClosedAndToldBeforeThePollThatItEnds) {
  StartAnswered();
  Until(seconds(5));
  session_->OnConnectionLost(now_, PollResult::kDisconnected, "closed");
  EXPECT_THAT(All(), ElementsAre("disconnect", "tell lost", "ended disconnected"));
  ASSERT_TRUE(last_outcome_.has_value());
  EXPECT_EQ(last_outcome_->reason, "closed");
  Until(now_ - start_ + milliseconds(100));
  session_->OnConnectionLost(now_, PollResult::kDisconnected, "refused");
  EXPECT_THAT(All(), ElementsAre("disconnect", "tell failed"));
}

TEST_F(TargetSessionTest, AnAnswerComesWithWhatItsServerSaidOfItselfOnTheSameConnection) {
  StartAnswered();
  ASSERT_TRUE(last_outcome_ && last_outcome_->answer);
  EXPECT_NE(last_outcome_->answer->server_info, nullptr);
  EXPECT_EQ(last_outcome_->reply_bytes, std::size_t{5});
  Lost();
  Until(milliseconds(100));
  Connected();
  Until(seconds(5));
  EXPECT_THAT(Reply(PollResult::kErrorReply), ElementsAre("send ALL"));
  EXPECT_THAT(Reply(), ElementsAre("ended success (answered)"));
  EXPECT_EQ(last_outcome_->answer->server_info, nullptr)
      << "the old server's information must not stand beside the new one's values";
  EXPECT_EQ(last_outcome_->server_info_fault, "odd");
}

TEST_F(TargetSessionTest, AnUnreachablePollSaysWhyTheLastAttemptFailed) {
  Start();
  Until(seconds(4));
  EXPECT_THAT(Until(seconds(5)), ElementsAre("ended unreachable"));
  EXPECT_THAT(last_outcome_->reason, ::testing::HasSubstr("still looking up the name"));
  Lost();
  Until(seconds(10));
  EXPECT_EQ(last_outcome_->reason, "closed");
}

// Whatever happens in whatever order: at most one request is outstanding, none without a
// connection, and every tick is counted once.
TEST_F(TargetSessionTest, NoOrderOfEventsSendsASecondRequest) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);  // NOLINT(cert-msc51-cpp): the same orders in every run
    const auto timeout = milliseconds(1'000 + random() % 12'000);
    Start(timeout);
    now_ = start_;
    bool is_connected = false;
    int waiting = 0;
    int ended = 0;
    const auto check = [&] {
      for (const std::string& text : All()) {
        if (text.substr(0, 4) == "send") {
          ASSERT_TRUE(is_connected) << "seed " << seed;
          ASSERT_EQ(++waiting, 1) << "seed " << seed;
        }
        if (text.substr(0, 5) == "ended") ++ended;
      }
    };
    for (int step = 0; step < 400; ++step) {
      now_ += milliseconds(random() % 700);
      session_->OnTime(now_);
      check();
      switch (random() % 6) {
        case 0:
          if (is_connected) break;
          is_connected = true;
          session_->OnConnected(now_);
          check();
          break;
        case 1:
          if (random() % 4 != 0) break;
          is_connected = false;
          waiting = 0;
          session_->OnConnectionLost(now_, PollResult::kDisconnected, "closed");
          check();
          break;
        default:
          if (waiting == 0 || random() % 8 == 0) break;
          waiting = 0;
          GiveReply(random() % 3 == 0 ? PollResult::kInvalidReply : PollResult::kSuccess);
          check();
      }
      ASSERT_EQ(session_->outstanding().has_value(), waiting == 1) << "seed " << seed;
    }
    const auto ticks = (now_ - start_) / seconds(5) + 1;
    const auto still_open = timeout / seconds(5) + 2;
    EXPECT_LE(ended, ticks) << "seed " << seed;
    EXPECT_GE(ended, ticks - still_open) << "seed " << seed;
  }
}

}  // namespace
}  // namespace arkouda_exporter
