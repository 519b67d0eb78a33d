// Measures the web side of the release exporter in turn with programs that do the same: an exporter
// with Prometheus' official Go client, and nginx with the same bytes as files. What one machine
// takes says little, and differs from hour to hour; the ratios stay. Nothing fails for being slow;
// the exit status is 1 only when something could not be measured.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/bench/http_client.h"
#include "test/bench/measure.h"
#include "test/bench/scale.h"
#include "test/bench/web_servers.h"
#include "test/support/await.h"
#include "test/support/certificates.h"
#include "test/support/exporter.h"
#include "test/support/exporter_test.h"
#include "test/support/http.h"
#include "test/support/process.h"
#include "test/support/simulator.h"
#include "test/support/temp_dir.h"

namespace arkouda_exporter::testing {
namespace {

constexpr int kRounds = 9;

struct Row {
  std::string name;
  std::string bar;
  std::string measured;
};
using Rows = std::vector<Row>;

// An exporter that has had an answer. Its page is not made yet: what is asked for is another one.
class Running {
 public:
  explicit Running(const Simulator& simulator, const Arguments& arguments = {})
      : exporter_(Watching(
            simulator.port(),
            WithDefaults({"--polling-interval=60s", "--arkouda.timeout=10s"}, arguments))) {}

  void AwaitUp(const std::string& scheme = "http") {
    const std::string url = At(scheme, "/metrics?name[]=arkouda_up").url;
    const auto is_up = Await("an answer of the simulator", [&] {
      return Curl({"--insecure", "--globoff", url}).body.ends_with(" 1\n");
    });
    Require(static_cast<bool>(is_up), is_up.message());
  }

  pid_t pid() { return exporter_.process().pid(); }
  std::uint16_t port() const { return exporter_.port(); }
  Loaded At(const std::string& scheme, const std::string& path) {
    return {.url = fmt::format("{}://127.0.0.1:{}{}", scheme, port(), path), .pid = pid()};
  }
  void Stop() { exporter_.Stop(SIGTERM); }

 private:
  Exporter exporter_;
};

std::string PageOf(const Running& running, std::string_view path) {
  HttpClient client(running.port());
  const auto page = client.Get(path);
  Require(page.has_value(), "the exporter can't be scraped");
  return std::string(*page);
}

// With the least and the most of the rounds.
std::string FormatRatios(const std::vector<double>& ratios) {
  const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
  return fmt::format("{:.2f} ({:.2f} to {:.2f})", Median(ratios), *least, *most);
}

constexpr std::string_view kGzip = "Accept-Encoding: gzip";

// CPU of scrapes, each by a curl of its own: the Go client sends no length.
Milliseconds ScrapeOther(pid_t pid, const std::string& url, bool is_compressed,
                         std::size_t& page_bytes) {
  Arguments arguments = {"--silent",  "--show-error", "--fail",           "--output",
                         "/dev/null", "--write-out",  "%{size_download}", url};
  if (is_compressed) arguments.insert(arguments.end(), {"--header", std::string(kGzip)});
  const Milliseconds before = CpuTime(pid);
  const Finished curl = RunToEnd("curl", arguments);
  const Milliseconds cpu = CpuTime(pid) - before;
  Require(curl.ending == Exited(0), "client_golang can't be scraped: " + curl.err);
  std::from_chars(curl.out.data(), curl.out.data() + curl.out.size(), page_bytes);
  return cpu;
}

void MeasureBesideClientGolang(Rows& rows) {
  const std::string program = std::string(TOOLS) + "/client_golang";
  Require(std::filesystem::exists(program),
          "client_golang is missing: sh test/cluster/build-tools.sh client_golang");
  constexpr int kScrapes = 50;
  Simulator simulator(LargeScale().simulator);
  Running source(simulator);
  source.AwaitUp();
  Process other(program, {source.At("http", "/metrics").url});
  const auto listens = other.AwaitStdout("listening on http");
  Require(static_cast<bool>(listens), "client_golang does not serve:\n" + other.Stderr());
  const std::string line = Lines(other.Stdout()).front();
  const std::string url = line.substr(line.find("http"));
  source.Stop();

  std::array<std::vector<double>, 3> own;  // text, gzip again, gzip first
  std::array<std::vector<double>, 2> others;
  std::size_t own_bytes = 0;
  std::size_t other_bytes = 0;
  for (int i = 0; i < kRounds; ++i) {
    Running running(simulator);
    running.AwaitUp();
    HttpClient client(running.port());
    const auto scrape = [&](int times, std::string_view fields) {
      const Milliseconds before = CpuTime(running.pid());
      for (int j = 0; j < times; ++j) {
        const auto page = client.Get("/metrics", fields);
        Require(page.has_value(), "the exporter can't be scraped");
        if (!fields.empty()) own_bytes = page->size();
      }
      return (CpuTime(running.pid()) - before).count() / times;
    };
    const std::string gzip = std::string(kGzip) + "\r\n";
    own[2].push_back(scrape(1, gzip));
    own[1].push_back(scrape(kScrapes, gzip));
    own[0].push_back(scrape(kScrapes, ""));
    running.Stop();
    others[0].push_back(ScrapeOther(other.pid(), url, false, other_bytes).count());
    others[1].push_back(ScrapeOther(other.pid(), url, true, other_bytes).count());
  }
  simulator.StopAndCheck();

  constexpr std::array<const char*, 3> kNames = {"text", "gzip again", "gzip first after a poll"};
  constexpr std::array<const char*, 3> kBars = {"1/150", "1/500", "1/15"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    const double mine = Median(own.at(i));
    const double theirs = Median(others.at(std::min<std::size_t>(i, 1)));
    rows.push_back(
        {fmt::format("CPU a scrape, 43,000 series, against client_golang: {}", kNames.at(i)),
         std::string("at most ") + kBars.at(i),
         fmt::format("1/{:.0f}: {:.2f} ms, {:.0f} ms", theirs / mine, mine, theirs)});
  }
  rows.push_back(
      {"page on the wire with gzip, 43,000 series", "at most 350 kB",
       fmt::format("{:.0f} kB; client_golang {:.0f} kB", static_cast<double>(own_bytes) / 1000,
                   static_cast<double>(other_bytes) / 1000)});
}

void CompareLoads(const std::string& name, const std::string& bar, const Loaded& own,
                  const Loaded& other, int clients, bool on_new_connections, Rows& rows) {
  fmt::print(stderr, "measuring: {}\n", name);
  std::array<std::vector<double>, 2> per_second;
  std::array<std::vector<double>, 2> cpu;
  std::vector<double> ratios;
  for (int i = 0; i < kRounds; ++i) {
    const Load mine = MeasureLoad(own, clients, on_new_connections);
    const Load theirs = MeasureLoad(other, clients, on_new_connections);
    ratios.push_back(mine.per_second / theirs.per_second);
    per_second[0].push_back(mine.per_second);
    per_second[1].push_back(theirs.per_second);
    cpu[0].push_back(mine.cpu.count() * 1000);
    cpu[1].push_back(theirs.cpu.count() * 1000);
  }
  rows.push_back({name, "at least " + bar,
                  fmt::format("{}: {:.0f}/s, {:.0f}/s; CPU a request {:.1f} µs, {:.1f} µs",
                              FormatRatios(ratios), Median(per_second[0]), Median(per_second[1]),
                              Median(cpu[0]), Median(cpu[1]))});
}

// An exporter that serves over TLS.
struct TlsRunning {
  TlsRunning(const Simulator& simulator, const Identity& identity, const std::string& interval)
      : running(simulator,
                {"--polling-interval=" + interval, "--web.config.file=" + WriteConfig(identity)}) {}

  std::string WriteConfig(const Identity& identity) const {
    dir.Write("tls.crt", identity.certificate);
    dir.Write("tls.key", identity.key);
    return dir.Write("web.yml", "tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n");
  }

  const TempDir dir;
  Running running;
};

void MeasureBesideNginx(Rows& rows) {
  FindProgram("wrk");  // before anything is started
  const Identity identity = MakeIdentity({.name = "localhost", .dns_names = {"localhost"}});
  Simulator small_simulator(SmallScale().simulator);
  Simulator large_simulator(LargeScale().simulator);
  Running small(small_simulator);
  Running large(large_simulator);
  TlsRunning tls(small_simulator, identity, "60s");
  small.AwaitUp();
  large.AwaitUp();
  tls.running.AwaitUp("https");
  const Nginx nginx({{"small", PageOf(small, "/metrics")},
                     {"large", PageOf(large, "/metrics")},
                     {"healthy", PageOf(small, "/-/healthy")}},
                    identity);
  const auto other = [&](const std::string& url) {
    return Loaded{.url = url, .pid = nginx.worker()};
  };
  for (const int clients : {2, 64}) {
    CompareLoads(fmt::format("requests/s against nginx, 70 series, {} clients", clients), "0.8",
                 small.At("http", "/metrics"), other(nginx.Url("small")), clients, false, rows);
  }
  for (const int clients : {2, 64}) {
    CompareLoads(fmt::format("the same, 43,000 series, {} clients", clients), "1.0",
                 large.At("http", "/metrics"), other(nginx.Url("large")), clients, false, rows);
  }
  for (const int clients : {2, 64}) {
    CompareLoads(fmt::format("the same over TLS, 70 series, {} clients", clients), "0.7",
                 tls.running.At("https", "/metrics"), other(nginx.TlsUrl("small")), clients, false,
                 rows);
  }
  CompareLoads("TLS handshakes/s against nginx, 64 clients", "0.4",
               tls.running.At("https", "/-/healthy"), other(nginx.TlsUrl("healthy")), 64, true,
               rows);
  small.Stop();
  large.Stop();
  tls.running.Stop();
  small_simulator.StopAndCheck();
  large_simulator.StopAndCheck();
}

void MeasureMemory(Rows& rows) {
  FindProgram("wrk");
  const Scale scale = SmallScale();
  const Identity identity = MakeIdentity({.name = "localhost", .dns_names = {"localhost"}});
  Simulator simulator(scale.simulator);
  TlsRunning tls(simulator, identity, std::to_string(scale.interval.count()) + "ms");
  tls.running.AwaitUp("https");
  const pid_t pid = tls.running.pid();
  const auto between_polls = [&] {
    std::vector<double> resident;
    for (int i = 0; i < 20; ++i) {
      Pause(scale.interval / 2);
      resident.push_back(StatusMebibytes(pid, "VmRSS:"));
    }
    return fmt::format("{:.1f} / {:.1f} MiB", Median(std::move(resident)),
                       StatusMebibytes(pid, "VmHWM:"));
  };
  MeasureLoad(tls.running.At("https", "/metrics"), 1, true);
  rows.push_back(
      {"resident between polls / peak, 70 series, TLS", "at most 16 MiB", between_polls()});
  double handshakes = 0;
  while (handshakes < 5000) {
    handshakes += 2 * MeasureLoad(tls.running.At("https", "/metrics"), 64, true).per_second;
  }
  rows.push_back(
      {"the same, after 5,000 handshakes of 64 clients", "at most 16 MiB", between_polls()});
  tls.running.Stop();
  simulator.StopAndCheck();
}

struct Part {
  const char* name;
  void (*measure)(Rows&);
};

constexpr std::array<Part, 3> kParts = {{
    {"CPU a scrape beside client_golang", &MeasureBesideClientGolang},
    {"requests beside nginx", &MeasureBesideNginx},
    {"memory with TLS", &MeasureMemory},
}};

int Run(const std::vector<std::string_view>& arguments) {
  if (!arguments.empty()) {
    const bool is_help = arguments.front() == "--help";
    fmt::print(is_help ? stdout : stderr,
               "Usage: beside\nMeasures the exporter's web side in turn with an exporter that uses "
               "client_golang,\nand with nginx, and prints the README's table of ratios.\n");
    return is_help ? EXIT_SUCCESS : 2;
  }
  PrintMachine();
  fmt::print(
      "nginx: one worker, sendfile, tcp_nopush, open_file_cache, no access log, connections kept; "
      "TLS 1.3 with\nthe exporter's key, ECDSA P-256, and no session resumed. {} rounds in turn: "
      "medians, and the least and\nmost of the ratios; ours first. Server and wrk have a core "
      "each.\n",
      kRounds);
  Rows rows;
  bool is_complete = true;
  for (const Part& part : kParts) {
    is_complete &= Attempt(part.name, [&] { part.measure(rows); });
  }
  fmt::print("\n| | bar | measured |\n| --- | --- | --- |\n");
  for (const Row& row : rows) fmt::print("| {} | {} | {} |\n", row.name, row.bar, row.measured);
  return ExitStatus(is_complete);
}

}  // namespace
}  // namespace arkouda_exporter::testing

int main(int argc, char** argv) { return arkouda_exporter::testing::Run({argv + 1, argv + argc}); }
