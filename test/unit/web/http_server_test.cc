#include "exporter/web/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "test/support/await.h"
#include "test/support/http.h"
#include "test/support/network.h"
#include "test/support/process.h"

// The real server, asked by the real curl.

namespace arkouda_exporter {
namespace {

using testing::Await;
using testing::Curl;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::HttpGet;
using testing::HttpResponse;
using ::testing::Pair;

constexpr unsigned kMostConnections = 8;

class HttpServerTest : public ::testing::Test {
 protected:
  void Serve(Handler handler) {
    auto listeners = Listener::Open({.host = "127.0.0.1", .port = 0}).value();
    address_ = listeners.front().Address();
    server_ = std::make_unique<HttpServer>(std::move(listeners.front()), std::move(handler),
                                           kMostConnections);
  }

  // A handler that keeps who may answer; but /now is answered at once.
  Handler Later() {
    return [this](const Request& request, const Respond& respond) {
      if (request.path == "/now") return respond(PlainText(200, "now"));
      const std::lock_guard lock(mutex_);
      kept_.push_back(respond);
    };
  }

  std::size_t Kept() {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }

  // Hands over all that is kept.
  std::vector<Respond> TakeKept() {
    const std::lock_guard lock(mutex_);
    return std::exchange(kept_, {});
  }

  ::testing::AssertionResult AwaitKept(std::size_t count) {
    return Await("requests", [&] { return Kept() == count; });
  }

  std::string Url(const std::string& target) const { return "http://" + address_ + target; }
  std::uint16_t Port() const {
    return ParsePort(address_.substr(address_.rfind(':') + 1), 1).value();
  }

  std::future<HttpResponse> AskBeside(const std::string& target) const {
    return std::async(std::launch::async, [url = Url(target)] { return HttpGet(url); });
  }

  template <typename Action>
  static std::string Logged(Action action) {
    ::testing::internal::CaptureStderr();
    action();
    return ::testing::internal::GetCapturedStderr();
  }

  std::string address_;
  std::mutex mutex_;
  std::vector<Respond> kept_;  // guarded by mutex_
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, TheHandlerSeesWhatWasAskedDecoded) {
  std::optional<Request> seen;
  Serve(AtOnce([&](const Request& request) {
    seen = request;
    return PlainText(200, "");
  }));
  const std::string target = "/a%20b?target=node%3a1&x=1+2&target=%5B::1%5D:2&flag&=&y=%26=%3d";
  Curl({"--request", "PUT", "--data", "body", "--header", "X-Some: one", "--header", "x-some: two",
        Url(target)});
  server_.reset();  // from here on its thread does not write what it has seen
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->method, "PUT");
  EXPECT_EQ(seen->path, "/a b");
  EXPECT_THAT(seen->query,
              ElementsAre(Pair("", ""), Pair("flag", ""), Pair("target", "node:1"),
                          Pair("target", "[::1]:2"), Pair("x", "1 2"), Pair("y", "&==")));
  EXPECT_EQ(seen->Header("X-SOME"), "one, two");
}

TEST_F(HttpServerTest, APageArrivesWholeHoweverManyPartsItHas) {
  // Up to as many as a page of a thousand targets has.
  for (const int count : {0, 1, 1000, 1001, 30'000}) {
    SCOPED_TRACE(count);
    const auto parts = std::make_shared<std::vector<std::string>>();
    for (int i = 0; i < count; ++i) {
      parts->push_back(i % 10 == 7 ? "" : "some_family{number=\"" + std::to_string(i) + "\"} 1\n");
    }
    if (count != 0) parts->back().assign(1'000'000, 'x');
    Serve(AtOnce([&](const Request&) {
      Response response;
      response.body.owner = parts;
      response.body.parts.assign(parts->begin(), parts->end());
      return response;
    }));
    std::string page;
    for (const auto& part : *parts) page += part;
    for (int scrape = 0; scrape < 2; ++scrape) {
      const HttpResponse response = HttpGet(Url("/"));
      EXPECT_EQ(response.headers.at("content-length"), std::to_string(page.size()));
      EXPECT_TRUE(response.body == page) << response.body.size() << " bytes";
    }
    EXPECT_TRUE(Await("the page is let go of", [&] { return parts.use_count() == 1; }));
  }
}

TEST_F(HttpServerTest, ARequestOfAnySizeHarmsNobody) {
  const auto part = std::make_shared<const std::string>(1000, 'x');
  Serve(AtOnce([&](const Request&) {
    return Response{.body = {.parts = std::vector<std::string_view>(200, *part), .owner = part}};
  }));
  // In one header, in many, in cookies, or in what comes behind it, up to and beyond what a
  // connection has memory for.
  for (const std::string filling :
       {"a", "\r\na: b", "\r\nCookie: a=b; c=d; e=f", "\r\n\r\nGET / "}) {
    for (std::size_t size = 0; size < (36U << 10); size += 512) {
      std::string headers;
      while (headers.size() < size) headers += filling;
      const testing::TcpClient client(Port());
      client.TrySend("GET /?a&b HTTP/1.1\r\nHost: a\r\nX: " + headers + "\r\n\r\n");
      EXPECT_TRUE(Await("an answer", [&] { return client.HasData() || client.IsSentAway(); }));
    }
  }
  EXPECT_EQ(HttpGet(Url("/")).body.size(), 200'000U);
}

TEST_F(HttpServerTest, AnAnswerMayComeLaterFromAnotherThread) {
  Serve(Later());
  auto asked = AskBeside("/later");
  ASSERT_TRUE(AwaitKept(1));
  EXPECT_EQ(HttpGet(Url("/now")).body, "now\n") << "who waits holds up nobody";
  Response answer = PlainText(201, "later");
  answer.headers = {{"X-Some", "header"}};
  TakeKept().front()(answer);
  const HttpResponse response = asked.get();
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, "later\n");
  EXPECT_EQ(response.headers.at("x-some"), "header");
}

TEST_F(HttpServerTest, AConnectionIsKeptBehindAnAnswerThatCameLater) {
  Serve(Later());
  auto asked = std::async(std::launch::async, [&] {
    return testing::RunToEnd("curl",
                             {"--disable", "--noproxy", "*", "--silent", "--write-out",
                              "%{http_code} %{num_connects}\n", Url("/later"), Url("/now")});
  });
  ASSERT_TRUE(AwaitKept(1));
  TakeKept().front()(PlainText(200, "later"));
  EXPECT_EQ(asked.get().out, "later\n200 1\nnow\n200 0\n");
}

TEST_F(HttpServerTest, AnExceptionOfAHandlerIsAnInternalErrorAndIsLogged) {
  Serve([](const Request& request, const Respond&) {
    if (request.path == "/memory") throw std::bad_alloc();
    if (request.path == "/number") throw 7;  // NOLINT(hicpp-exception-baseclass)
    throw std::runtime_error("no such\nluck");
  });
  for (const auto& [path, reason] :
       {std::pair("/x", R"(reason="no such\nluck")"), std::pair("/memory", "reason=std::bad_alloc"),
        std::pair("/number", "reason=\"an exception that is not a std::exception\"")}) {
    HttpResponse response;
    const std::string log = Logged([&, path = path] { response = HttpGet(Url(path)); });
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body, "Internal error: the exporter's log says more.\n");
    EXPECT_THAT(log, HasSubstr("level=error msg=\"a request failed\" method=GET path=" +
                               std::string(path) + " " + reason));
  }
}

TEST_F(HttpServerTest, AConnectionIsKeptBehindAnInternalError) {
  Serve([](const Request&, const Respond&) { throw std::runtime_error("bad luck"); });
  Logged([&] {
    const testing::Finished curl = testing::RunToEnd(
        "curl", {"--disable", "--noproxy", "*", "--silent", "--output", "/dev/null", "--write-out",
                 "%{http_code} %{num_connects}\n", Url("/x"), Url("/y"), "--output", "/dev/null"});
    EXPECT_EQ(curl.out, "500 1\n500 0\n");
  });
}

TEST_F(HttpServerTest, AnAnswerThatIsGivenUpIsAnInternalError) {
  Serve(Later());
  auto asked = AskBeside("/given-up");
  ASSERT_TRUE(AwaitKept(1));
  const std::string log = Logged([&] {
    TakeKept();
    EXPECT_EQ(asked.get().status, 500);
  });
  EXPECT_THAT(log, HasSubstr("path=/given-up reason=\"it was given up without an answer\""));
}

TEST_F(HttpServerTest, AnswersToClientsThatWentAwayHarmNobody) {
  Serve(Later());
  const auto body = std::make_shared<const std::string>(10'000'000, 'x');
  for (unsigned i = 0; i < kMostConnections; ++i) {
    std::optional<testing::TcpClient> client(Port());
    if (i % 2 == 0) {  // closing with an answer unread resets the connection
      client->Send("GET /now HTTP/1.1\r\nHost: x\r\n\r\n");
      ASSERT_TRUE(Await("the first answer", [&] { return client->HasData(); }));
    }
    client->Send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(AwaitKept(1));
    client.reset();
    TakeKept().front()({.body = {.parts = {*body}, .owner = body}});
    ASSERT_TRUE(Await("the answer is let go of", [&] { return body.use_count() == 1; }));
  }
  auto asked = AskBeside("/later");
  ASSERT_TRUE(AwaitKept(1)) << "those who went away wait no longer";
  TakeKept().front()(PlainText(200, "later"));
  EXPECT_EQ(asked.get().status, 200);
}

TEST_F(HttpServerTest, ThoseWhoWaitLeaveRoomForOthers) {
  Serve(Later());
  std::vector<std::future<HttpResponse>> asked;
  for (unsigned i = 0; i < kMostConnections / 2; ++i) asked.push_back(AskBeside("/later"));
  ASSERT_TRUE(AwaitKept(asked.size()));
  EXPECT_EQ(HttpGet(Url("/later")).status, 503);
  EXPECT_EQ(HttpGet(Url("/now")).status, 200);
  const std::vector<Respond> kept = TakeKept();
  for (const Respond& respond : kept) respond(PlainText(200, "later"));
  for (auto& response : asked) EXPECT_EQ(response.get().status, 200);
  // Those who have their answers count no longer.
  asked.clear();
  asked.push_back(AskBeside("/later"));
  ASSERT_TRUE(AwaitKept(1));
  TakeKept().front()(PlainText(200, "later"));
  EXPECT_EQ(asked.front().get().status, 200);
}

TEST_F(HttpServerTest, WhoReadsSlowlyDoesNotCountAsOneWhoWaits) {
  const auto body = std::make_shared<const std::string>(10'000'000, 'x');
  Serve([&, later = Later()](const Request& request, const Respond& respond) {
    if (request.path != "/big") return later(request, respond);
    respond({.body = {.parts = {*body}, .owner = body}});
  });
  std::vector<std::unique_ptr<testing::TcpClient>> clients;
  for (unsigned i = 0; i < kMostConnections / 2; ++i) {
    clients.push_back(std::make_unique<testing::TcpClient>(Port()));
    clients.back()->Send("GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(Await("an answer", [&] { return clients.back()->HasData(); }));
  }
  auto asked = AskBeside("/later");
  ASSERT_TRUE(AwaitKept(1));
  TakeKept().front()(PlainText(200, "later"));
  EXPECT_EQ(asked.get().status, 200);
}

TEST_F(HttpServerTest, NoAnswerIsLostThatComesWhileTheHandlerReturns) {
  Serve(Later());
  const std::jthread answering([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (const Respond& respond : TakeKept()) respond(PlainText(200, ""));
    }
  });
  // One connection, which is asked on as soon as it has answered.
  const testing::Finished curl = testing::RunToEnd(
      "curl", {"--disable", "--noproxy", "*", "--silent", "--max-time", "60", "--output",
               "/dev/null", "--write-out", "%{http_code}", Url("/later?[1-1000]")});
  std::string expected;
  for (int i = 0; i < 1000; ++i) expected += "200";
  EXPECT_EQ(curl.out, expected);
}

TEST_F(HttpServerTest, StopsWhileClientsWaitAndIsAnsweredAfterItsEnd) {
  Serve(Later());
  std::vector<std::future<HttpResponse>> asked;
  for (unsigned i = 0; i < kMostConnections / 2; ++i) asked.push_back(AskBeside("/later"));
  ASSERT_TRUE(AwaitKept(asked.size()));
  server_.reset();
  for (auto& response : asked) EXPECT_NE(response.get().status, 200);
  for (const Respond& respond : TakeKept()) respond(PlainText(200, "too late"));
}

TEST_F(HttpServerTest, StopsWhileAnswersComeFromOtherThreads) {
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    Serve(Later());
    std::vector<std::future<HttpResponse>> asked;
    for (unsigned i = 0; i < kMostConnections / 2; ++i) asked.push_back(AskBeside("/later"));
    ASSERT_TRUE(AwaitKept(asked.size()));
    std::vector<std::future<void>> answers;
    for (Respond& respond : TakeKept()) {
      answers.push_back(std::async(std::launch::async, [respond = std::move(respond)] {
        respond(PlainText(200, "later"));
      }));
    }
    server_.reset();
  }
}

}  // namespace
}  // namespace arkouda_exporter
