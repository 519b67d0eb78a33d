#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "test/support/exporter_test.h"
#include "test/support/full_fifo.h"
#include "test/support/temp_dir.h"

// --healthcheck: a question to whoever listens where the exporter does, an exit status, and a line
// when it isn't 0.

namespace arkouda_exporter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Accepts one client on 127.0.0.1 and answers its request: with `answer` once, or, as long as the
// client stays, with a byte now and then or again and again without a pause.
class OneAnswer {
 public:
  enum class Pace { kOnce, kDribbling, kFlooding };

  explicit OneAnswer(std::string answer, Pace pace = Pace::kOnce)
      : answer_(std::move(answer)), pace_(pace), thread_([this] { Serve(); }) {}

  std::uint16_t port() const { return listener_.port(); }
  /// What the client asked. Call it after the client has ended.
  const std::string& Request() {
    thread_.join();
    return request_;
  }

 private:
  void Serve() {
    const int client = listener_.Accept();
    std::array<char, 1024> bytes{};
    while (request_.find("\r\n\r\n") == std::string::npos) {
      const ssize_t count = read(client, bytes.data(), bytes.size());
      if (count <= 0) break;
      request_.append(bytes.data(), static_cast<std::size_t>(count));
    }
    const int pause_milliseconds = pace_ == Pace::kDribbling ? 50 : 0;
    pollfd gone{.fd = client, .events = POLLRDHUP, .revents = 0};
    do {
      send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    } while (pace_ != Pace::kOnce && poll(&gone, 1, pause_milliseconds) == 0);
    close(client);
  }

  MuteListener listener_;
  const std::string answer_;
  const Pace pace_;
  std::string request_;
  std::jthread thread_;  // the last, so that the rest is there when it starts
};

// A name server that gets questions and answers none, on an address of 127.53.0.0/16 that is this
// process's own.
class SilentNameServer {
 public:
  SilentNameServer() : fd_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    constexpr std::uint16_t kDomain = 53;
    constexpr std::uint32_t kNetwork = 0x7f350000;
    address_.sin_family = AF_INET;
    address_.sin_port = htons(kDomain);
    address_.sin_addr.s_addr = htonl(kNetwork | (static_cast<std::uint32_t>(getpid()) & 0xffff));
    is_bound_ = bind(fd_, reinterpret_cast<const sockaddr*>(&address_), sizeof address_) == 0;
  }
  ~SilentNameServer() { close(fd_); }
  SilentNameServer(const SilentNameServer&) = delete;
  SilentNameServer& operator=(const SilentNameServer&) = delete;

  bool is_bound() const { return is_bound_; }
  std::string address() const { return inet_ntoa(address_.sin_addr); }

 private:
  const int fd_;
  sockaddr_in address_{};
  bool is_bound_ = false;
};

class HealthcheckTest : public ExporterTest {
 protected:
  static Finished CheckHealth(const std::string& address, const Environment& environment = {}) {
    return RunToEnd(kExporterBinary, {"--healthcheck", "--web.listen-address=" + address},
                    environment);
  }
  static Finished CheckHealth(std::uint16_t port) {
    return CheckHealth("127.0.0.1:" + std::to_string(port));
  }

  static void ExpectHealthy(const Finished& check) {
    EXPECT_EQ(check.ending, Exited(0));
    EXPECT_EQ(check.out, "");
    EXPECT_EQ(check.err, "");
  }

  // One line, which says what was asked, what came and what would be right.
  static void ExpectUnhealthy(const Finished& check, std::uint16_t port, const std::string& came) {
    EXPECT_EQ(check.ending, Exited(1));
    EXPECT_EQ(check.out, "");
    EXPECT_EQ(Lines(check.err).size(), 1U) << check.err;
    EXPECT_THAT(check.err, AllOf(HasSubstr("GET http://127.0.0.1:" + std::to_string(port) +
                                           "/-/healthy: " + came),
                                 HasSubstr("expected status 200")));
  }
};

TEST_F(HealthcheckTest, ExporterIsHealthyWithAndWithoutAServer) {
  Simulator& simulator = StartSimulator();
  Exporter& up = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(up.AwaitUp());
  ExpectHealthy(CheckHealth(up.port()));
  const FreePort nobody;
  ExpectHealthy(CheckHealth(StartExporter(nobody.number()).port()));
}

TEST_F(HealthcheckTest, AskedIsHealthyByGetAndNothingElse) {
  OneAnswer peer("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  ExpectHealthy(CheckHealth(peer.port()));
  EXPECT_EQ(peer.Request(), "GET /-/healthy HTTP/1.1\r\nHost: 127.0.0.1:" +
                                std::to_string(peer.port()) + "\r\nConnection: close\r\n\r\n");
}

TEST_F(HealthcheckTest, AddressComesFromTheVariablesOfTheExporter) {
  for (const char* variable : {"METRICS_SCRAPE_PORT", "EXPORT_PORT"}) {
    SCOPED_TRACE(variable);
    OneAnswer peer("HTTP/1.1 200 OK\r\n\r\n");
    ExpectHealthy(
        RunToEnd(kExporterBinary, {"--healthcheck"}, {{variable, std::to_string(peer.port())}}));
  }
}

TEST_F(HealthcheckTest, FirstOfSeveralAddressesIsAsked) {
  OneAnswer peer("HTTP/1.1 200 OK\r\n\r\n");
  const FreePort nobody;
  ExpectHealthy(
      RunToEnd(kExporterBinary,
               {"--healthcheck", "--web.listen-address=127.0.0.1:" + std::to_string(peer.port()),
                "--web.listen-address=127.0.0.1:" + std::to_string(nobody.number())}));
}

TEST_F(HealthcheckTest, OtherSettingsAndArkoudaAreLeftAlone) {
  Simulator& simulator = StartSimulator();
  OneAnswer peer("HTTP/1.1 200 OK\r\n\r\n");
  ExpectHealthy(CheckHealth("127.0.0.1:" + std::to_string(peer.port()),
                            {{"ARKOUDA_METRICS_SERVICE_HOST", "127.0.0.1"},
                             {"ARKOUDA_METRICS_SERVICE_PORT", std::to_string(simulator.port())},
                             {"ARKOUDA_TOKEN_FILE", "/nonexistent/token"},
                             {"ARKOUDA_METRICS_TIMEZONE", "Mars/Olympus"},
                             {"METRICS_POLLING_INTERVAL", "never"},
                             {"LOG_LEVEL", "debug"}}));
  EXPECT_EQ(simulator.Report().connections, 0);
}

TEST_F(HealthcheckTest, ExporterOnEveryAddressIsAskedOnLoopback) {
  Exporter& exporter = StartExporter(1, {"--web.listen-address=:0"});
  const std::string port = ":" + std::to_string(exporter.port());
  ExpectHealthy(CheckHealth(port));
  ExpectHealthy(CheckHealth("0.0.0.0" + port));
  if (!HasIpv6Loopback()) GTEST_SKIP() << "this machine has no ::1, IPv6 is not tested";
  ExpectHealthy(CheckHealth("[::]" + port));
}

TEST_F(HealthcheckTest, EveryAddressIsCalledByTheLoopbackOneThatIsAsked) {
  const FreePort nobody;
  for (const char* host : {"", "0.0.0.0"}) {
    SCOPED_TRACE(host);
    ExpectUnhealthy(CheckHealth(host + (":" + std::to_string(nobody.number()))), nobody.number(),
                    "Connection refused");
  }
}

TEST_F(HealthcheckTest, Ipv6AddressIsAsked) {
  if (!HasIpv6Loopback()) GTEST_SKIP() << "this machine has no ::1";
  Exporter& exporter = StartExporter(1, {"--web.listen-address=[::1]:0"});
  const std::string address = "[::1]:" + std::to_string(exporter.port());
  ExpectHealthy(CheckHealth(address));
  exporter.Stop(SIGTERM);
  const Finished check = CheckHealth(address);
  EXPECT_EQ(check.ending, Exited(1));
  EXPECT_THAT(check.err, HasSubstr("GET http://" + address + "/-/healthy: Connection refused"));
}

TEST_F(HealthcheckTest, NameIsLookedUp) {
  Exporter& exporter = StartExporter(1, {"--web.listen-address=localhost:0"});
  ExpectHealthy(CheckHealth("localhost:" + std::to_string(exporter.port())));
  const Finished check = CheckHealth("nowhere.invalid:5080");
  EXPECT_EQ(check.ending, Exited(1));
  EXPECT_THAT(check.err, HasSubstr("GET http://nowhere.invalid:5080/-/healthy: "));
}

TEST_F(HealthcheckTest, NobodyThereIsUnhealthy) {
  const FreePort nobody;
  ExpectUnhealthy(CheckHealth(nobody.number()), nobody.number(), "Connection refused");
}

TEST_F(HealthcheckTest, EveryAnswerBut200IsUnhealthyAndQuoted) {
  using std::string_literals::operator""s;
  for (const auto& [answer, came] : std::vector<std::pair<std::string, std::string>>{
           {"HTTP/1.1 503 Service Unavailable\r\n\r\n",
            "answered \"HTTP/1.1 503 Service Unavailable\""},
           {"HTTP/1.1 2000 OK\r\n\r\n", "answered \"HTTP/1.1 2000 OK\""},
           {"HTTP/1.1 404 200\r\n\r\n", "answered \"HTTP/1.1 404 200\""},
           {"HTTP/1.", "answered \"HTTP/1.\""},
           {"", "answered \"\""},
           {"SSH-2.0-\x01\n\"\r\n", "answered \"SSH-2.0-\\x01\\n\\\"\""},
           {"\xff\0\x7fNULLM"s, "answered \"\\xff\\x00\\x7fNULLM\""},
           {std::string(100'000, 'A'), "answered \"AAAAAAAA"}}) {
    SCOPED_TRACE(came);
    OneAnswer peer(answer);
    ExpectUnhealthy(CheckHealth(peer.port()), peer.port(), came);
  }
}

TEST_F(HealthcheckTest, PeerThatAcceptsAndNeverAnswersIsUnhealthy) {
  const MuteListener peer;
  ExpectUnhealthy(CheckHealth(peer.port()), peer.port(), "no answer within 3s");
}

TEST_F(HealthcheckTest, DeadlineIsThatOfTheWholeExchange) {
  OneAnswer peer("x", OneAnswer::Pace::kDribbling);
  ExpectUnhealthy(CheckHealth(peer.port()), peer.port(), "no answer within 3s");
}

TEST_F(HealthcheckTest, PeerThatNeverEndsItsLineIsUnhealthy) {
  OneAnswer peer(std::string(4096, 'x'), OneAnswer::Pace::kFlooding);
  ExpectUnhealthy(CheckHealth(peer.port()), peer.port(), "answered \"xxxxxxxx");
}

TEST_F(HealthcheckTest, DeadlineHoldsForANameServerThatIsSilent) {
  const SilentNameServer server;
  if (!server.is_bound()) GTEST_SKIP() << "port 53 of " << server.address() << " can't be had here";
  const TempDir directory;
  const std::string resolv =
      directory.Write("resolv.conf", "nameserver " + server.address() + "\n");
  const Arguments in_its_network = {
      "--mount", "sh",   "-c",           R"(mount --bind "$1" /etc/resolv.conf && "$2" $3)",
      "sh",      resolv, kExporterBinary};
  const auto run = [&](const std::string& flags) {
    Arguments arguments = in_its_network;
    arguments.push_back(flags);
    return RunToEnd("unshare", arguments);
  };
  if (const Finished probed = run("--version"); probed.ending != Exited(0)) {
    GTEST_SKIP() << "no mount namespaces on this machine: unshare said: " << probed.err;
  }
  const Finished check = run("--healthcheck --web.listen-address=silent.example:5080");
  EXPECT_EQ(check.ending, Exited(1));
  EXPECT_THAT(check.err,
              HasSubstr("GET http://silent.example:5080/-/healthy: no answer within 3s"));
}

TEST_F(HealthcheckTest, SignalEndsTheWaitWithoutSuccess) {
  for (const int signal : {SIGTERM, SIGINT}) {
    SCOPED_TRACE(signal);
    const MuteListener peer;
    Process check(kExporterBinary, {"--healthcheck", "--web.listen-address=127.0.0.1:" +
                                                         std::to_string(peer.port())});
    EXPECT_TRUE(Await("the connection", [&] { return peer.HasClient(); }));
    check.Signal(signal);
    const Ending ending = check.Wait();
    ExpectUnhealthy({.ending = ending, .out = check.Stdout(), .err = check.Stderr()}, peer.port(),
                    "interrupted");
  }
}

TEST_F(HealthcheckTest, SignalIsNoSuccessEvenWhenNobodyReadsTheReason) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP()
      << "under ThreadSanitizer a process does not end while one of its threads is blocked "
         "in write(2); the other builds test this";
#endif
  const FullFifo err;
  const MuteListener peer;
  Process check("sh", {"-c", R"(exec "$2" --healthcheck --web.listen-address="$3" 2>"$1")", "sh",
                       err.path(), kExporterBinary, "127.0.0.1:" + std::to_string(peer.port())});
  EXPECT_TRUE(Await("the connection", [&] { return peer.HasClient(); }));
  check.Signal(SIGTERM);
  EXPECT_EQ(check.Wait(), Exited(1));
}

TEST_F(HealthcheckTest, AnyFreePortCannotBeAskedAndIsABadSetting) {
  for (const auto& [arguments, environment, name] :
       {std::tuple<Arguments, Environment, std::string>(
            {"--healthcheck", "--web.listen-address=:0"}, {}, "--web.listen-address=\":0\""),
        {{"--healthcheck"}, {{"EXPORT_PORT", "0"}}, "EXPORT_PORT=\"0\""}}) {
    const Finished check = RunToEnd(kExporterBinary, arguments, environment);
    EXPECT_EQ(check.ending, Exited(2));
    EXPECT_EQ(Lines(check.err).size(), 1U) << check.err;
    EXPECT_THAT(check.err, AllOf(HasSubstr(name), HasSubstr("--healthcheck")));
  }
}

TEST_F(HealthcheckTest, BadSettingIsNotMistakenForAnUnhealthyExporter) {
  for (const Arguments& wrong :
       {Arguments{"--web.listen-address=5080"}, {"--no-such-flag"}, {"--once"}}) {
    Arguments arguments = wrong;
    arguments.emplace_back("--healthcheck");
    const Finished check = RunToEnd(kExporterBinary, arguments);
    EXPECT_EQ(check.ending, Exited(2)) << check.err;
    EXPECT_EQ(Lines(check.err).size(), 1U) << check.err;
  }
}

}  // namespace
}  // namespace arkouda_exporter::testing
