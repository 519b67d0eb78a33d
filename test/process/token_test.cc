#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "test/support/exporter_test.h"
#include "test/support/temp_dir.h"

// What is in the requests: byte for byte what years of Python clients have sent, with the token
// that the file has at that moment.

namespace arkouda_exporter::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// A REP socket that keeps what it gets: the simulator shows no requests, lest tokens are printed.
class RecordingServer {
 public:
  RecordingServer() : socket_(context_, zmq::socket_type::rep) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvtimeo, 50);
    socket_.bind("tcp://127.0.0.1:*");
    const auto endpoint = socket_.get(zmq::sockopt::last_endpoint);
    const std::string digits = endpoint.substr(endpoint.rfind(':') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), port_);
    thread_ = std::jthread([this](const std::stop_token& stop) { Serve(stop); });
  }

  std::uint16_t port() const { return port_; }

  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::string last() const { return requests().empty() ? "" : requests().back(); }

 private:
  void Serve(const std::stop_token& stop) {
    const std::string reply =
        R"({"msg": "[]", "msgType": "NORMAL", "msgFormat": "STRING", "user": "u"})";
    while (!stop.stop_requested()) {
      zmq::message_t request;
      if (!socket_.recv(request)) continue;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request.to_string());
      }
      socket_.send(zmq::buffer(reply), zmq::send_flags::none);
    }
  }

  std::uint16_t port_ = 0;
  zmq::context_t context_;
  zmq::socket_t socket_;  // the thread's, once it runs
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;  // guarded by mutex_
  std::jthread thread_;
};

class TokenTest : public ExporterTest {};

std::string Request(const std::string& user, const std::string& token,
                    const std::string& category) {
  return R"({"user": ")" + user + R"(", "token": ")" + token +
         R"(", "cmd": "metrics", "format": "STRING", "args": "[\"{\\\"key\\\": \\\"category\\\", )" +
         R"(\\\"objType\\\": \\\"VALUE\\\", \\\"dtype\\\": \\\"str\\\", \\\"val\\\": \\\")" +
         category + R"(\\\"}\"]", "size": 1})";
}

TEST_F(TokenTest, RequestsAreByteForByteThoseOfThePythonClients) {
  RecordingServer server;
  Exporter& exporter = StartExporter(server.port(), {kPatient});
  EXPECT_TRUE(exporter.AwaitPolls("success", 3));
  const std::vector<std::string> requests = server.requests();
  ASSERT_GE(requests.size(), 2U);
  // This is no server whose information could be used, so it is asked for in every poll.
  EXPECT_EQ(requests[0], Request("prometheus-arkouda-exporter", "", "SERVER_INFO"));
  EXPECT_EQ(requests[1], Request("prometheus-arkouda-exporter", "", "ALL"));
}

TEST_F(TokenTest, UserAndFirstLineOfTheTokenFileAreSent) {
  const TempDir directory;
  const std::string file = directory.Write("token", "first-secret\nsecond line\n");
  RecordingServer server;
  Exporter& exporter = StartExporter(
      server.port(), {kPatient, "--arkouda.user=ünal o'neill", "--arkouda.token-file=" + file});
  EXPECT_TRUE(exporter.AwaitPolls("success", 1));
  EXPECT_EQ(server.requests().at(1), Request("ünal o'neill", "first-secret", "ALL"));
}

TEST_F(TokenTest, TokenFileIsNamedOnTheLandingPageAndItsTokenIsNot) {
  const TempDir directory;
  const std::string file = directory.Write("file", "a-secret-token\n");
  const RecordingServer server;
  Exporter& exporter = StartExporter(server.port(), {kPatient, "--arkouda.token-file=" + file});
  EXPECT_TRUE(exporter.AwaitUp());
  const std::string page = exporter.Get("/").body;
  EXPECT_THAT(page, HasSubstr(file));
  EXPECT_THAT(page, Not(HasSubstr("a-secret-token")));
}

TEST_F(TokenTest, TokenFileIsReadAgainWhenItChangesAndNeverLogged) {
  const TempDir directory;
  const std::string file = directory.Write("token", "first-secret\n");
  RecordingServer server;
  Exporter& exporter =
      StartExporter(server.port(), {kPatient, "--log.level=debug"}, {{"ARKOUDA_TOKEN_FILE", file}});
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
  EXPECT_THAT(server.last(), HasSubstr("\"token\": \"first-secret\""));

  directory.Write("token", "second-secret");
  EXPECT_TRUE(Await("the second token", [&] {
    return server.last().find("\"token\": \"second-secret\"") != std::string::npos;
  }));

  // A file that goes, or that now has what can't be sent, leaves the last good token in use.
  std::filesystem::remove(file);
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
  directory.Write("token", "third\"secret\n");
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
  EXPECT_THAT(server.last(), HasSubstr("\"token\": \"second-secret\""));
  directory.Write("token", "fourth-secret\n");
  EXPECT_TRUE(Await("the fourth token", [&] {
    return server.last().find("\"token\": \"fourth-secret\"") != std::string::npos;
  }));

  exporter.Stop(SIGTERM);
  EXPECT_THAT(exporter.process().Stderr(), Not(HasSubstr("secret")));
  for (const std::string& request : server.requests()) {
    EXPECT_TRUE(nlohmann::json::accept(request)) << request;
  }
}

TEST_F(TokenTest, TokenThatCannotBeSentIsRefusedAtTheStartAndNotShown) {
  const TempDir directory;
  for (const std::string content : {"a\"secret", "a\\secret", "a\tsecret", "a\xffsecret", ""}) {
    const std::string file = directory.Write("token", content);
    const Finished exporter = RunToEnd(kExporterBinary, {"--arkouda.token-file=" + file});
    EXPECT_EQ(exporter.ending, Exited(2));
    EXPECT_EQ(Lines(exporter.err).size(), 1U) << exporter.err;
    EXPECT_THAT(exporter.err, HasSubstr("--arkouda.token-file"));
    EXPECT_THAT(exporter.err, HasSubstr(file));
    EXPECT_THAT(exporter.err, Not(HasSubstr("secret")));
  }
}

TEST_F(TokenTest, UserNamesThatJsonWouldHaveToEscapeAreRefused) {
  for (const std::string user : {"a\"b", "a\\b", "a\nb",
                                 "a\x01"
                                 "b",
                                 "a\xff"
                                 "b"}) {
    const Finished exporter = RunToEnd(kExporterBinary, {"--arkouda.user=" + user});
    EXPECT_EQ(exporter.ending, Exited(2));
    EXPECT_EQ(Lines(exporter.err).size(), 1U) << exporter.err;
    EXPECT_THAT(exporter.err, HasSubstr("--arkouda.user"));
  }
}

}  // namespace
}  // namespace arkouda_exporter::testing
