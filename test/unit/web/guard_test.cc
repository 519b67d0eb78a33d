#include "exporter/web/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sodium.h>

#include <chrono>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>

#include "test/support/bcrypt.h"
#include "test/unit/web/answer.h"

namespace arkouda_exporter {
namespace {

using namespace std::chrono_literals;
using ::testing::StartsWith;

std::string Basic(const std::string& text) {
  std::string encoded(sodium_base64_ENCODED_LEN(text.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(encoded.data(), encoded.size(),
                    reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                    sodium_base64_VARIANT_ORIGINAL);
  encoded.pop_back();  // the zero byte
  return "Basic " + encoded;
}

Request Asking(std::string path, std::optional<std::string> authorization = std::nullopt) {
  Request request{.method = "GET", .path = std::move(path)};
  if (authorization) request.headers.emplace("Authorization", *std::move(authorization));
  return request;
}

class GuardTest : public ::testing::Test {
 protected:
  // The answer, now or later; nullopt when it was given up.
  std::optional<Response> Ask(const Request& request) {
    auto promise = std::make_shared<std::promise<std::optional<Response>>>();
    handler_(request, Respond([promise](std::optional<Response> response) {
               promise->set_value(std::move(response));
             }));
    return promise->get_future().get();
  }
  int StatusOf(const Request& request) { return Ask(request).value().status; }

  std::chrono::steady_clock::time_point now_{1000s};
  int calls_ = 0;
  Guard guard_{[this] { return now_; }};
  Handler handler_ = guard_.Around(AtOnce([this](const Request& request) {
    ++calls_;
    if (request.path == "/throws") throw std::runtime_error("on purpose");
    Response response = PlainText(200, "page");
    response.headers.emplace("Vary", "Accept");
    if (request.path == "/strict") response.headers.emplace("X-Frame-Options", "sameorigin");
    return response;
  }));
};

TEST_F(GuardTest, LetsEverybodyInUntilThereIsAConfiguration) {
  EXPECT_EQ(AnswerOf(handler_, Asking("/metrics")).status, 200);
  guard_.Enforce({.users = {{"alice", testing::BcryptOf("secret")}}});
  EXPECT_EQ(StatusOf(Asking("/metrics")), 401);
  guard_.Enforce({});
  EXPECT_EQ(AnswerOf(handler_, Asking("/metrics")).status, 200);
}

TEST_F(GuardTest, AsksForAPasswordAndTakesTheRightOne) {
  guard_.Enforce({.users = {{"alice", testing::BcryptOf("se:cret")}}});
  const Response refused = Ask(Asking("/metrics")).value();
  EXPECT_EQ(refused.status, 401);
  EXPECT_THAT(refused.headers.at("WWW-Authenticate"), StartsWith("Basic realm="));
  EXPECT_EQ(StatusOf(Asking("/metrics", Basic("alice:wrong"))), 401);
  EXPECT_EQ(StatusOf(Asking("/metrics", Basic("bob:se:cret"))), 401);
  EXPECT_EQ(calls_, 0);
  const Response answer = Ask(Asking("/metrics", Basic("alice:se:cret"))).value();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body.Text(), "page\n");
  EXPECT_EQ(calls_, 1);
}

TEST_F(GuardTest, AnswersAtOnceWhoeverIsRemembered) {
  guard_.Enforce({.users = {{"alice", testing::BcryptOf("secret")}}});
  Ask(Asking("/metrics", Basic("alice:secret")));
  EXPECT_EQ(AnswerOf(handler_, Asking("/metrics", Basic("alice:secret"))).status, 200);
}

TEST_F(GuardTest, TheSchemeIsNamedInAnyLetters) {
  guard_.Enforce({.users = {{"alice", testing::BcryptOf("secret")}}});
  std::string header = Basic("alice:secret");
  header.replace(0, 5, "bASIC");
  EXPECT_EQ(StatusOf(Asking("/metrics", header)), 200);
}

TEST_F(GuardTest, WhatIsNotANameAndAPasswordIsRefusedAtOnce) {
  guard_.Enforce({.users = {{"alice", testing::BcryptOf("secret")}, {"", testing::BcryptOf("")}}});
  for (const std::string& header :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Bearer x"),
        std::string("Basic ????"), std::string("Basic YWxpY2U"), Basic("alice"),
        Basic("alice:secret") + " ", Basic("alice:secret") + "," + Basic("alice:secret"),
        "Basic  " + Basic("alice:secret").substr(6)}) {
    EXPECT_EQ(AnswerOf(handler_, Asking("/metrics", header)).status, 401) << header;
  }
  Request twice = Asking("/metrics", Basic("alice:secret"));
  twice.headers.emplace("authorization", Basic("alice:secret"));
  EXPECT_EQ(AnswerOf(handler_, twice).status, 401);
}

TEST_F(GuardTest, HealthNeedsNothing) {
  guard_.Enforce({.users = {{"alice", testing::BcryptOf("secret")}},
                  .rate_limit = RateLimit{.interval = 1h, .burst = 1}});
  for (int i = 0; i < 3; ++i) {
    for (const char* path : {"/-/healthy", "/-/ready"}) {
      Request request = Asking(path);
      request.lacks_client_certificate = true;
      EXPECT_EQ(AnswerOf(handler_, request).status, 200) << path;
    }
  }
  for (const char* path : {"/-/healthy/", "//-/healthy", "/-/Healthy", "/-/healthy/../metrics"}) {
    Request request = Asking(path);
    request.lacks_client_certificate = true;
    EXPECT_NE(AnswerOf(handler_, request).status, 200) << path;
  }
}

TEST_F(GuardTest, WithoutAClientCertificateTheAnswerIsForbidden) {
  Request request = Asking("/metrics");
  request.lacks_client_certificate = true;
  EXPECT_EQ(AnswerOf(handler_, request).status, 403);
  EXPECT_EQ(calls_, 0);
}

TEST_F(GuardTest, MoreThanTheBurstIsTurnedAwayUntilTimeHasPassed) {
  guard_.Enforce({.rate_limit = RateLimit{.interval = 2s, .burst = 3}});
  const auto status = [&] { return AnswerOf(handler_, Asking("/metrics")).status; };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status(), 200);
  const Response refused = AnswerOf(handler_, Asking("/metrics"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.at("Retry-After"), "1");
  now_ += 1999ms;
  EXPECT_EQ(status(), 429);
  now_ += 1ms;
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(status(), 429);
  now_ += 5s;  // two tokens and a half
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(status(), 429);
  now_ += 1s;  // the other half
  EXPECT_EQ(status(), 200);
  EXPECT_EQ(status(), 429);
  now_ += std::chrono::years(10);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(status(), 200);
  EXPECT_EQ(status(), 429) << "the bucket has no room for more than the burst";
}

TEST_F(GuardTest, ANewConfigurationFillsTheBucketOnlyWithANewLimit) {
  const RateLimit limit{.interval = 1h, .burst = 1};
  guard_.Enforce({.rate_limit = limit});
  EXPECT_EQ(AnswerOf(handler_, Asking("/metrics")).status, 200);
  guard_.Enforce({.headers = {{"X-Frame-Options", "deny"}}, .rate_limit = limit});
  EXPECT_EQ(AnswerOf(handler_, Asking("/metrics")).status, 429);
  guard_.Enforce({.rate_limit = RateLimit{.interval = 1h, .burst = 2}});
  EXPECT_EQ(AnswerOf(handler_, Asking("/metrics")).status, 200);
}

TEST_F(GuardTest, AllAnswersHaveTheHeaders) {
  guard_.Enforce({.headers = {{"X-Frame-Options", "deny"}},
                  .users = {{"alice", testing::BcryptOf("secret")}},
                  .rate_limit = RateLimit{.interval = 1h, .burst = 3}});
  const auto header_of = [&](const Request& request) {
    return Ask(request).value().headers.at("X-Frame-Options");
  };
  EXPECT_EQ(header_of(Asking("/-/healthy")), "deny");
  EXPECT_EQ(header_of(Asking("/metrics")), "deny");                         // 401
  EXPECT_EQ(header_of(Asking("/metrics", Basic("alice:secret"))), "deny");  // 200
  EXPECT_EQ(header_of(Asking("/strict", Basic("alice:secret"))), "deny")
      << "an administrator knows better";
  const Response refused = Ask(Asking("/metrics")).value();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.headers.at("X-Frame-Options"), "deny");
}

TEST_F(GuardTest, AHandlerThatThrowsBehindAPasswordHasNoAnswerAndTheNextHas) {
  guard_.Enforce({.users = {{"alice", testing::BcryptOf("secret")}}});
  EXPECT_FALSE(Ask(Asking("/throws", Basic("alice:secret"))));
  EXPECT_EQ(StatusOf(Asking("/metrics", Basic("alice:secret"))), 200);
}

}  // namespace
}  // namespace arkouda_exporter
