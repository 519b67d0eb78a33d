#include "exporter/web/probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/unit/web/answer.h"

namespace arkouda_exporter {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ProbeTest : public ::testing::Test {
 protected:
  struct Watched {
    HostPort target;
    milliseconds patience;
    ProbeSources::Done done;
  };

  // A house that watches known:5556, and lets node*:5556 be probed.
  Handler Probe() {
    return ProbeRoute({.allowed = {TargetPattern::Parse("node*:5556").value(),
                                   TargetPattern::Parse("10.0.0.0/8:*").value()},
                       .known = [](const HostPort& target,
                                   const PageWish& wish) -> std::optional<Response> {
                         if (target.host != "known") return std::nullopt;
                         return PageOf("known 1\n", wish);
                       },
                       .watch =
                           [this](const HostPort& target, milliseconds patience,
                                  const PageWish& /*wish*/, ProbeSources::Done done) {
                             if (is_full_) return false;
                             watched_.push_back({target, patience, std::move(done)});
                             return true;
                           }})
        .handler;
  }

  static Response PageOf(const std::string& text, const PageWish& wish = {}) {
    return {.content_type = wish.gzip ? "zipped exposition" : "exposition", .body = Body::Of(text)};
  }

  Response Ask(const std::string& target) {
    return AnswerOf(Probe(), {.method = "GET", .query = {{"target", target}}});
  }

  // How long a probe would wait, with this header.
  milliseconds PatienceWith(const std::string& timeout) {
    Answered answered;
    Probe()({.method = "GET",
             .query = {{"target", "node1:5556"}},
             .headers = {{"x-prometheus-scrape-timeout-seconds", timeout}}},
            answered.respond());
    if (watched_.empty()) {
      ADD_FAILURE() << timeout << ": " << answered.response()->body.Text();
      return {};
    }
    return std::exchange(watched_, {}).front().patience;
  }

  bool is_full_ = false;
  std::vector<Watched> watched_;
};

TEST_F(ProbeTest, ATargetThatIsWatchedIsAnsweredAtOnce) {
  const Response response = Ask("known:1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "exposition");
  EXPECT_EQ(response.body.Text(), "known 1\n");
  EXPECT_THAT(watched_, IsEmpty());
}

TEST_F(ProbeTest, APageIsAsTheClientWantsIt) {
  const Response response = AnswerOf(Probe(), {.method = "GET",
                                               .query = {{"target", "known:1"}},
                                               .headers = {{"Accept-Encoding", "gzip"}}});
  EXPECT_EQ(response.content_type, "zipped exposition");
}

TEST_F(ProbeTest, ATargetThatIsAllowedIsAnsweredWhenItWasPolled) {
  Answered answered;
  Probe()({.method = "GET", .query = {{"target", "node1:5556"}}}, answered.respond());
  ASSERT_EQ(watched_.size(), 1U);
  EXPECT_EQ(watched_.front().target, (HostPort{.host = "node1", .port = 5556}));
  EXPECT_EQ(watched_.front().patience, milliseconds(9500));
  EXPECT_FALSE(answered.is_settled());
  watched_.front().done(PageOf("node 1\n"));
  ASSERT_TRUE(answered.response());
  EXPECT_EQ(answered.response()->status, 200);
  EXPECT_EQ(answered.response()->content_type, "exposition");
  EXPECT_EQ(answered.response()->body.Text(), "node 1\n");
}

TEST_F(ProbeTest, ATargetWithoutAPageIsSaidToHaveNone) {
  Answered answered;
  Probe()({.method = "GET", .query = {{"target", "node1:5556"}}}, answered.respond());
  ASSERT_EQ(watched_.size(), 1U);
  watched_.front().done(std::nullopt);
  ASSERT_TRUE(answered.response());
  EXPECT_EQ(answered.response()->status, 503);
  EXPECT_EQ(answered.response()->body.Text(), "node1:5556 has no page after 9500ms\n");
}

TEST_F(ProbeTest, StrangersAreTurnedAway) {
  for (const char* target : {"other:5556", "node1:22", "node1.evil.example:5556", "127.0.0.1:5556",
                             "10.evil.example:5556"}) {
    const Response response = Ask(target);
    EXPECT_EQ(response.status, 403) << target;
    EXPECT_EQ(response.body.Text(), std::string(target) +
                                        " is not watched, and no pattern of --web.probe-allow lets "
                                        "it be probed\n");
  }
  EXPECT_THAT(watched_, IsEmpty());
}

TEST_F(ProbeTest, TooManyTargetsAreRefused) {
  is_full_ = true;
  EXPECT_EQ(Ask("node1:5556").status, 503);
  EXPECT_EQ(Ask("known:5556").status, 200);
}

TEST_F(ProbeTest, BadTargetsAreRefusedWithWhatWouldBeRight) {
  for (const auto& [target, fault] :
       {std::pair("", "it is empty"), std::pair("node1", "it has no port"),
        std::pair("node1:0", "its port is not"), std::pair("http://node1:5556", "it is a URL"),
        std::pair("node1:5556/x", "it has a slash"), std::pair(":5556", "it has no host")}) {
    const Response response = Ask(target);
    EXPECT_EQ(response.status, 400) << target;
    EXPECT_THAT(response.body.Text(),
                HasSubstr("target \"" + std::string(target) + "\": " + fault));
    EXPECT_THAT(response.body.Text(), HasSubstr("expected HOST:PORT such as node1:5556"));
  }
  EXPECT_THAT(Ask("a\nb\xff:1").body.Text(), HasSubstr("target \"a\\nb\\xff:1\": "));
  EXPECT_LT(Ask(std::string(30'000, 'a')).body.Size(), 500U);
}

TEST_F(ProbeTest, OneTargetHasToBeGiven) {
  const Response none = AnswerOf(Probe(), {.query = {{"module", "node1:5556"}}});
  EXPECT_EQ(none.status, 400);
  EXPECT_EQ(none.body.Text(), "no target: expected /probe?target=HOST:PORT\n");
  const Response two =
      AnswerOf(Probe(), {.query = {{"target", "known:5556"}, {"target", "known:5556"}}});
  EXPECT_EQ(two.status, 400);
  EXPECT_EQ(two.body.Text(), "more than one target: expected /probe?target=HOST:PORT\n");
}

TEST_F(ProbeTest, AnswersBeforePrometheusGivesUpAndWithinAMinute) {
  EXPECT_EQ(PatienceWith("15"), milliseconds(14'500));
  EXPECT_EQ(PatienceWith("2.5"), milliseconds(2000));
  EXPECT_EQ(PatienceWith("1"), milliseconds(500));
  EXPECT_EQ(PatienceWith("0.5"), milliseconds(250));
  EXPECT_EQ(PatienceWith("120"), milliseconds(60'000));
  EXPECT_EQ(PatienceWith("1e300"), milliseconds(60'000));
}

TEST_F(ProbeTest, ATimeoutThatIsNoneIsRefused) {
  for (const char* timeout : {"", "ten", "10s", "-1", "0", "nan", "inf", "1e999", "10, 10"}) {
    const Response response =
        AnswerOf(Probe(), {.query = {{"target", "node1:5556"}},
                           .headers = {{"X-Prometheus-Scrape-Timeout-Seconds", timeout}}});
    EXPECT_EQ(response.status, 400) << timeout;
    EXPECT_EQ(response.body.Text(), "header X-Prometheus-Scrape-Timeout-Seconds \"" +
                                        std::string(timeout) +
                                        "\": expected a positive number of seconds such as 10 or "
                                        "2.5\n");
  }
  EXPECT_THAT(watched_, IsEmpty());
}

}  // namespace
}  // namespace arkouda_exporter
