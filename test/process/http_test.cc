#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "test/support/await.h"
#include "test/support/exporter_test.h"
#include "test/support/temp_dir.h"

// What the exporter's HTTP side answers, asked by the real curl. That /-/healthy says 503 once the
// poll loop stands still is a unit test: from outside only SIGSTOP makes it stand, and with it all
// the rest.

namespace arkouda_exporter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpTest : public ExporterTest {
 protected:
  // Nobody's server: HTTP must be the same with and without one.
  Exporter& StartAlone(Arguments arguments = {}, const Environment& environment = {}) {
    arguments.emplace_back("--polling-interval=1h");
    return StartExporter(unused_port_.number(), arguments, environment);
  }

 private:
  const FreePort unused_port_;
};

TEST_F(HttpTest, MetricsComeAsTextFormatVersion004) {
  Exporter& exporter = StartAlone();
  const HttpResponse response = exporter.Get("/metrics");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(response.headers.at("content-length"), std::to_string(response.body.size()));
  EXPECT_TRUE(Page::Parse(response.body).has_value());
  // A query changes nothing: Prometheus' scrape configurations may have `params`.
  EXPECT_EQ(exporter.Get("/metrics?collect=all").status, 200);
}

// The lines of a page but for the headers of families, and for what changes from scrape to scrape.
std::set<std::string> SeriesOf(const std::string& page) {
  std::set<std::string> series;
  for (const std::string& line : Lines(page)) {
    if (!line.starts_with('#') && !line.starts_with("process_")) series.insert(line);
  }
  return series;
}

TEST_F(HttpTest, WhoPrefersOpenMetricsGetsTheSameSeriesInIt) {
  Simulator& simulator = StartSimulator();
  // The page of one poll, which stays.
  Exporter& exporter = StartExporter(simulator, {kPatient, "--polling-interval=1h"});
  EXPECT_TRUE(exporter.AwaitUp());
  const std::string text = exporter.Get("/metrics").body;
  // As Prometheus 2 and 3 ask for it.
  for (const char* accept :
       {"application/openmetrics-text; version=1.0.0,application/openmetrics-text; "
        "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"}) {
    SCOPED_TRACE(accept);
    for (const std::string& path :
         {std::string("/metrics"), "/probe?target=127.0.0.1:" + std::to_string(simulator.port())}) {
      const HttpResponse response =
          Curl({"--header", std::string("Accept: ") + accept, exporter.Url(path)});
      EXPECT_EQ(response.headers.at("content-type"),
                "application/openmetrics-text; version=1.0.0; charset=utf-8");
      EXPECT_EQ(response.headers.at("vary"), "Accept, Accept-Encoding");
      EXPECT_TRUE(response.body.ends_with("\n# EOF\n"));
      EXPECT_THAT(SeriesOf(text), ::testing::IsSupersetOf(SeriesOf(response.body)));
      EXPECT_THAT(SeriesOf(response.body), ::testing::Contains(HasSubstr("arkouda_up{")));
    }
  }
}

TEST_F(HttpTest, PagesComeCompressedToThoseWhoTakeThat) {
  Simulator& simulator = StartSimulator({"--commands", "300"});
  Exporter& exporter = StartExporter(simulator, {kPatient, "--polling-interval=1h"});
  EXPECT_TRUE(exporter.AwaitUp());
  const std::string probe = "/probe?target=127.0.0.1:" + std::to_string(simulator.port());
  for (const std::string& path : {std::string("/metrics"), probe}) {
    for (const char* accept : {"text/plain", "application/openmetrics-text"}) {
      SCOPED_TRACE(path + " as " + accept);
      const std::string header = std::string("Accept: ") + accept;
      const HttpResponse plain = Curl({"--header", header, exporter.Url(path)});
      const HttpResponse zipped = Curl({"--header", header, "--compressed", exporter.Url(path)});
      EXPECT_EQ(zipped.status, 200);
      EXPECT_EQ(zipped.headers.at("content-encoding"), "gzip");
      EXPECT_EQ(zipped.headers.at("content-type"), plain.headers.at("content-type"));
      EXPECT_LT(ParseValue(zipped.headers.at("content-length")).value(),
                static_cast<double>(plain.body.size()) / 5);
      EXPECT_EQ(SeriesOf(zipped.body), SeriesOf(plain.body));
      EXPECT_FALSE(plain.headers.contains("content-encoding"));
      const HttpResponse head = Curl({"--head", "--compressed", exporter.Url(path)});
      EXPECT_EQ(head.headers.at("content-encoding"), "gzip");
      EXPECT_EQ(head.body, "");
    }
  }
}

TEST_F(HttpTest, FamiliesCanBeChosenByName) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  const auto families = [&](const std::string& query) {
    std::vector<std::string> names;
    const auto page = Page::Parse(Curl({"--globoff", exporter.Url("/metrics" + query)}).body);
    for (const auto& [name, family] : page.value().families()) names.push_back(name);
    return names;
  };
  EXPECT_THAT(families("?name[]=arkouda_up&name%5B%5D=process_open_fds&name[]=no_such"),
              ::testing::ElementsAre("arkouda_up", "process_open_fds"));
  EXPECT_THAT(families("?name[]=arkouda_exporter_poll_duration_seconds_count"),
              ::testing::ElementsAre("arkouda_exporter_poll_duration_seconds"));
  EXPECT_THAT(families("?name[]=no_such"), ::testing::IsEmpty());
}

TEST_F(HttpTest, HeadGetsTheHeadersOfGetAndNoBody) {
  Exporter& exporter = StartAlone();
  for (const char* path : {"/metrics", "/", "/-/healthy", "/-/ready"}) {
    SCOPED_TRACE(path);
    const HttpResponse get = exporter.Get(path);
    const HttpResponse head = Curl({"--head", exporter.Url(path)});
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.headers.at("content-type"), get.headers.at("content-type"));
    EXPECT_NE(head.headers.at("content-length"), "0");
    EXPECT_EQ(head.body, "");
  }
}

TEST_F(HttpTest, EveryOtherPathIsNotFound) {
  Exporter& exporter = StartAlone();
  for (const char* path : {"/metrics/", "/Metrics", "/favicon.ico", "/-/", "/-/healthy/x",
                           "/%2e%2e/etc/passwd", "/-/reload/x"}) {
    EXPECT_EQ(exporter.Get(path).status, 404) << path;
  }
}

TEST_F(HttpTest, EveryOtherMethodIsToldWhichAreAllowed) {
  Exporter& exporter = StartAlone();
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "FROB"}) {
    for (const char* path : {"/metrics", "/", "/-/healthy", "/-/ready"}) {
      SCOPED_TRACE(std::string(method) + " " + path);
      const HttpResponse response =
          Curl({"--request", method, "--data", "some body", exporter.Url(path)});
      EXPECT_EQ(response.status, 405);
      EXPECT_EQ(response.headers.at("allow"), "GET, HEAD");
    }
  }
}

TEST_F(HttpTest, AReloadHasToBeEnabled) {
  const TempDir directory;
  const std::string file = directory.Write("targets.json", "[]");
  const auto reload = [](const Exporter& exporter) {
    return Curl({"--request", "POST", exporter.Url("/-/reload")});
  };
  Exporter& closed = StartExporterOf(file);
  EXPECT_EQ(reload(closed).status, 403);
  EXPECT_THAT(closed.Log("reading the targets files again"), ::testing::IsEmpty());
  Exporter& open = StartExporterOf(file, {"--web.enable-lifecycle"});
  EXPECT_EQ(reload(open).status, 200);
  EXPECT_EQ(open.Log("reading the targets files again").size(), 1U);
  EXPECT_EQ(open.Get("/-/reload").status, 405);
}

TEST_F(HttpTest, LandingPageShowsVersionTargetStateAndLinks) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  const HttpResponse response = exporter.Get("/");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.headers.at("content-type"), HasSubstr("text/html"));
  const std::string version =
      exporter.Scrape().Series("arkouda_exporter_build_info").begin()->first.at("version");
  for (const std::string& text :
       {version, "127.0.0.1:" + std::to_string(simulator.port()), std::string("answering"),
        std::string("href=\"./metrics\""), std::string("href=\"./-/healthy\""),
        std::string("href=\"./-/ready\"")}) {
    EXPECT_THAT(response.body, HasSubstr(text));
  }
}

TEST_F(HttpTest, LandingPageOfAServerThatIsNotWatchedIsNotFound) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient});
  const std::string address = "127.0.0.1:" + std::to_string(simulator.port());
  EXPECT_EQ(exporter.Get("/?target=" + address).status, 200);
  const HttpResponse response = exporter.Get("/?target=%3Cscript%3E");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("&lt;script&gt;"));
}

TEST_F(HttpTest, ExporterIsHealthyAndReadyWithoutAServer) {
  Exporter& exporter = StartAlone();
  EXPECT_EQ(exporter.Get("/-/healthy").status, 200);
  EXPECT_EQ(exporter.Get("/-/ready").status, 200);
}

TEST_F(HttpTest, RequestTargetInAbsoluteFormIsAnswered) {
  Exporter& exporter = StartAlone();
  // What curl sends to a proxy.
  const auto ask = [&](const std::string& target) {
    return Curl({"--request-target", target, exporter.Url("/")});
  };
  EXPECT_TRUE(Page::Parse(ask("http://exporter:5080/metrics").body)->TargetValue("arkouda_up"));
  EXPECT_EQ(ask("HTTP://exporter/metrics?x=http://y/z").status, 200);
  EXPECT_EQ(ask("https://exporter/-/ready").body, "Ready.\n");
  EXPECT_THAT(ask("http://exporter").body, HasSubstr("Arkouda Exporter"));
  EXPECT_EQ(ask("http://exporter/no/such").status, 404);
  EXPECT_EQ(ask("/http://exporter/metrics").status, 404);
}

// A machine of its own, as far as its network and its /etc/hosts go: there `localhost` is 127.0.0.1
// and ::1. `prepare` is a piece of shell that comes first.
class NameTest : public HttpTest {
 protected:
  static Finished RunThere(const std::string& script) {
    Arguments arguments = Unshare();
    arguments.push_back(script);
    return RunToEnd("unshare", arguments);
  }

  void SetUp() override {
    const Finished probed = RunThere(kNetwork);
    if (probed.ending != Exited(0)) {
      GTEST_SKIP() << "no network of one's own can be had here: unshare said: " << probed.err;
    }
  }

  // What is to be seen of an exporter that listens on localhost there, and of its health check.
  std::string Serve(const std::string& prepare) {
    const std::string exporter =
        std::string(kExporterBinary) + " --web.listen-address=localhost:5080";
    const Finished done = RunThere(
        kNetwork + prepare + exporter + " --polling-interval=1h 2>log & pid=$!; " +
        "until grep -q msg=listening log; do kill -0 $pid; done; " + exporter + " --healthcheck; " +
        "for url in http://127.0.0.1:5080 'http://[::1]:5080'; do "
        "curl --silent --noproxy '*' --globoff \"$url/-/ready\" || echo no $url; done; "
        "kill $pid; wait $pid");
    EXPECT_EQ(done.ending, Exited(0)) << done.err;
    return done.out;
  }

 private:
  static Arguments Unshare() {
    Arguments arguments = {"--net", "--mount", "sh", "-ec"};
    if (geteuid() != 0) arguments.insert(arguments.begin(), {"--user", "--map-root-user"});
    return arguments;
  }

  const TempDir directory_;
  const std::string kNetwork =
      "cd " + directory_.path().string() +
      "; printf '127.0.0.1 localhost\\n127.0.0.1 localhost.x localhost\\n::1 localhost\\n' >hosts; "
      "mount --bind hosts /etc/hosts; "
      "ip link set lo up; ";
};

TEST_F(NameTest, IsListenedOnAtAllItsAddresses) {
  if (!HasIpv6Loopback()) GTEST_SKIP() << "this machine has no IPv6";
  EXPECT_EQ(Serve(""), "Ready.\nReady.\n");
}

TEST_F(NameTest, AddressesThatTheMachineLacksArePassedOver) {
  EXPECT_EQ(Serve("ip -6 address flush dev lo; "), "Ready.\nno http://[::1]:5080\n");
}

TEST_F(HttpTest, PortAloneMeansIpv4AndIpv6) {
  Exporter& exporter = StartAlone({"--web.listen-address=:0"});
  ASSERT_EQ(exporter.ports().size(), 1U);
  EXPECT_EQ(exporter.Get("/metrics").status, 200);
  if (!HasIpv6Loopback()) GTEST_SKIP() << "this machine has no ::1, IPv6 is not tested";
  const std::string url = "http://[::1]:" + std::to_string(exporter.port()) + "/metrics";
  EXPECT_EQ(HttpGet(url).status, 200);
}

TEST_F(HttpTest, PortFromTheEnvironmentMeansIpv4AndIpv6) {
  for (const char* variable : {"METRICS_SCRAPE_PORT", "EXPORT_PORT"}) {
    SCOPED_TRACE(variable);
    const FreePort server;
    const FreePort web;
    const std::string number = std::to_string(web.number());
    // By hand: the fixture would choose the address with a flag, which beats the variable.
    Process exporter(kExporterBinary, Watching(server.number()), {{variable, number}});
    EXPECT_TRUE(exporter.AwaitStderr("msg=listening.*:" + number));
    EXPECT_EQ(HttpGet("http://127.0.0.1:" + number + "/metrics").status, 200);
    exporter.Signal(SIGTERM);
    EXPECT_EQ(exporter.Wait(), Exited(0));
  }
}

TEST_F(HttpTest, SeveralAddressesAreServedAtOnce) {
  Exporter& exporter =
      StartAlone({"--web.listen-address=127.0.0.1:0", "--web.listen-address=127.0.0.2:0"});
  ASSERT_EQ(exporter.ports().size(), 2U);
  EXPECT_EQ(exporter.Get("/metrics").status, 200);
  const std::string second = "127.0.0.2:" + std::to_string(exporter.ports()[1]);
  EXPECT_EQ(HttpGet("http://" + second + "/metrics").status, 200);
  EXPECT_EQ(HttpGet("http://127.0.0.1:" + std::to_string(exporter.ports()[1])).status, 0)
      << "an address that was not asked for";
}

TEST_F(HttpTest, Ipv6AddressIsServed) {
  if (!HasIpv6Loopback()) GTEST_SKIP() << "this machine has no ::1";
  Exporter& exporter = StartAlone({"--web.listen-address=[::1]:0"});
  const std::string url = "http://[::1]:" + std::to_string(exporter.port()) + "/metrics";
  EXPECT_EQ(HttpGet(url).status, 200);
}

bool HasSocketActivate() {
  return RunToEnd("sh", {"-c", "command -v systemd-socket-activate"}).ending == Exited(0);
}

TEST_F(HttpTest, SocketsOfSystemdAreServed) {
  if (!HasSocketActivate()) GTEST_SKIP() << "this machine has no systemd-socket-activate";
  const FreePort server;
  const FreePort web;
  const std::string url = "127.0.0.1:" + std::to_string(web.number());
  Arguments arguments = {"--listen=" + url, kExporterBinary};
  for (const std::string& argument : Watching(server.number())) arguments.push_back(argument);
  Process exporter("systemd-socket-activate", arguments);
  // It is started by the first client.
  EXPECT_TRUE(
      Await("an answer", [&] { return HttpGet("http://" + url + "/-/ready").status == 200; }));
  EXPECT_THAT(exporter.Stderr(), HasSubstr("msg=listening address=" + url));
  const std::string page = HttpGet("http://" + url + "/").body;
  EXPECT_THAT(page, AllOf(HasSubstr("sockets of systemd"), Not(HasSubstr(":5080"))));
  exporter.Signal(SIGTERM);
  EXPECT_EQ(exporter.Wait(), Exited(0));
}

TEST_F(HttpTest, ASocketOfSystemdThatIsNotOfTcpIsRefused) {
  if (!HasSocketActivate()) GTEST_SKIP() << "this machine has no systemd-socket-activate";
  const TempDir dir;
  const std::string path = (dir.path() / "socket").string();
  Process exporter("systemd-socket-activate",
                   {"--listen=" + path, kExporterBinary, "--web.systemd-socket"});
  EXPECT_TRUE(exporter.AwaitStderr("Listening on"));
  Curl({"--unix-socket", path, "http://localhost/-/ready"});
  EXPECT_EQ(exporter.Wait(), Exited(2));
  EXPECT_THAT(exporter.Stderr(), HasSubstr("does not listen by TCP; expected a start"));
}

TEST_F(HttpTest, WithoutASocketOfSystemdTheStartIsRefused) {
  const Finished exporter = RunToEnd(kExporterBinary, {"--web.systemd-socket"});
  EXPECT_EQ(exporter.ending, Exited(2));
  EXPECT_EQ(
      exporter.err,
      "prometheus-arkouda-exporter: --web.systemd-socket=\"true\": systemd has handed over no "
      "socket; expected a start by a .socket unit\n");
}

TEST_F(HttpTest, AnAddressBesideTheSocketsOfSystemdIsRefused) {
  if (!HasSocketActivate()) GTEST_SKIP() << "this machine has no systemd-socket-activate";
  const FreePort web;
  const std::string url = "127.0.0.1:" + std::to_string(web.number());
  Process exporter("systemd-socket-activate",
                   {"--listen=" + url, kExporterBinary, "--web.listen-address=:0"});
  EXPECT_TRUE(exporter.AwaitStderr("Listening on"));
  HttpGet("http://" + url + "/-/ready");
  EXPECT_EQ(exporter.Wait(), Exited(2));
  EXPECT_THAT(exporter.Stderr(),
              HasSubstr("--web.listen-address=\":0\": expected no address beside the sockets of "
                        "systemd; ListenStream= of the .socket unit says where to listen"));
}

TEST_F(HttpTest, TelemetryPathCanBeChanged) {
  Exporter& exporter = StartAlone({"--web.telemetry-path=/arkouda/metrics"});
  EXPECT_TRUE(Page::Parse(exporter.Get("/arkouda/metrics").body)->TargetValue("arkouda_up"));
  EXPECT_EQ(exporter.Get("/metrics").status, 404);
  EXPECT_THAT(exporter.Get("/").body, HasSubstr("href=\"./arkouda/metrics\""));
}

TEST_F(HttpTest, HundredsOfSilentClientsDoNotShutOutAScrape) {
  Exporter& exporter = StartAlone();
  std::vector<std::unique_ptr<TcpClient>> clients;
  constexpr int kClients = 300;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<TcpClient>(exporter.port()));
    // Some say nothing, others break off within their request.
    if (i % 2 == 0) clients.back()->Send("GET /metrics HT");
  }
  for (int scrape = 0; scrape < 5; ++scrape) {
    EXPECT_TRUE(exporter.Scrape().TargetValue("arkouda_up"));
  }
}

TEST_F(HttpTest, ConnectionIsKeptForTheNextScrape) {
  Exporter& exporter = StartAlone();
  const Finished curl = RunToEnd(
      "curl", {"--disable", "--noproxy", "*", "--silent", "--output", "/dev/null", "--write-out",
               "%{num_connects}\n", exporter.Url(), exporter.Url(), "--output", "/dev/null"});
  EXPECT_EQ(curl.out, "1\n0\n");
}

TEST_F(HttpTest, BytesThatAreNoHttpHarmNobody) {
  Exporter& exporter = StartAlone();
  using std::string_literals::operator""s;
  std::vector<std::unique_ptr<TcpClient>> clients;
  for (const std::string& bytes :
       {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s, std::string("\r\n\r\n\r\n"),
        std::string("GET\r\n\r\n"), std::string(64, '\0'), std::string(100'000, 'A'),
        std::string("GET /metrics HTTP/9.9\r\nContent-Length: -1\r\n\r\n")}) {
    clients.push_back(std::make_unique<TcpClient>(exporter.port()));
    clients.back()->Send(bytes);
  }
  EXPECT_TRUE(exporter.Scrape().TargetValue("arkouda_up"));
}

}  // namespace
}  // namespace arkouda_exporter::testing
