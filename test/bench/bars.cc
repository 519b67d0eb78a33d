// Measures the release exporter in front of the simulator, and prints the README's table: what the
// predecessor needs, what this exporter may need, and what it needs on this machine. Nothing fails
// for being slow; the exit status is 1 only when something could not be measured.

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/bench/http_client.h"
#include "test/bench/many.h"
#include "test/bench/measure.h"
#include "test/bench/scale.h"
#include "test/support/exporter.h"
#include "test/support/exporter_test.h"
#include "test/support/network.h"
#include "test/support/process.h"
#include "test/support/simulator.h"

namespace arkouda_exporter::testing {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

constexpr int kStarts = 10;
constexpr int kStops = 10;
constexpr int kScrapes = 200;

// As many series as 1,000 small servers have together.
Scale SingleLargeScale() {
  return {.name = "70,000 series",
          .simulator = {"--locales", "1024", "--commands", "200", "--users", "318"},
          .interval = milliseconds(1000),
          .polls = 20};
}

bool IsUp(std::string_view page) { return ValueOf(page, "arkouda_up") == 1.0; }

// An exporter that has its first page with data, and a connection to scrape it by.
struct Running {
  Running(const Simulator& simulator, const std::string& interval, const std::string& program)
      : exporter(Watching(simulator.port(), {"--polling-interval=" + interval}), {}, program),
        client(exporter.port()) {
    AwaitPage(client, "a page with data", IsUp);
  }
  pid_t pid() { return exporter.process().pid(); }

  Exporter exporter;
  HttpClient client;
};

struct Sizes {
  std::size_t series = 0;  ///< all, its own included
  std::size_t page_bytes = 0;
  double reply_bytes = 0;
};

Sizes SizesOf(std::string_view page) {
  Sizes sizes;
  for (std::string_view rest = page; !rest.empty();) {
    if (rest.front() != '#') ++sizes.series;
    const std::size_t end = rest.find('\n');
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  sizes.page_bytes = page.size();
  sizes.reply_bytes = ValueOf(page, "arkouda_exporter_reply_bytes").value_or(0);
  return sizes;
}

struct PollCost {
  Milliseconds cpu{};         ///< per poll
  double resident_mebibytes;  ///< between polls, the median of samples
  double peak_mebibytes;
  Sizes sizes;
};

PollCost MeasurePolls(const Scale& scale, const std::string& program = kExporterBinary) {
  Simulator simulator(scale.simulator);
  Running running(simulator, std::to_string(scale.interval.count()) + "ms", program);

  // After some polls, that memory and caches may come to what they stay at, it is scraped half an
  // interval behind a poll. So is it at the end: the polls counted are those in between.
  double polls = 3;
  AwaitPage(running.client, "the first polls",
            [&](std::string_view page) { return SuccessfulPolls(page) >= polls; });
  polls = SuccessfulPolls(running.client.Get("/metrics").value_or(""));
  AwaitPage(running.client, "the next poll",
            [&](std::string_view page) { return SuccessfulPolls(page) > polls; });
  Pause(scale.interval / 2);
  const auto first_page = running.client.Get("/metrics");
  Require(first_page.has_value(), "the exporter can't be scraped");
  polls = SuccessfulPolls(*first_page);

  std::vector<double> resident;
  const Milliseconds cpu_before = CpuTime(running.pid());
  const auto start = Clock::now();
  const auto end = start + scale.polls * scale.interval;
  while (Clock::now() < end) {
    resident.push_back(StatusMebibytes(running.pid(), "VmRSS:"));
    Pause(std::min(scale.interval / 10,
                   std::chrono::ceil<milliseconds>(std::max(end - Clock::now(), {}))));
  }
  const Milliseconds cpu = CpuTime(running.pid()) - cpu_before;
  const double peak = StatusMebibytes(running.pid(), "VmHWM:");
  const auto last_page = running.client.Get("/metrics");
  Require(last_page.has_value(), "the exporter can't be scraped");
  polls = SuccessfulPolls(*last_page) - polls;
  Require(polls >= scale.polls / 2.0, "too few polls were answered");

  const PollCost cost = {.cpu = cpu / polls,
                         .resident_mebibytes = Median(std::move(resident)),
                         .peak_mebibytes = peak,
                         .sizes = SizesOf(*last_page)};
  running.exporter.Stop(SIGTERM);
  simulator.StopAndCheck();
  return cost;
}

// From before the fork to the end of the first scrape with data.
Milliseconds MeasureStart(const Scale& scale) {
  Simulator simulator(scale.simulator);
  const Finished warm_up = RunToEnd(kExporterBinary, Watching(simulator.port(), {"--once"}));
  Require(warm_up.ending == Exited(0), "--once failed: " + warm_up.err);

  std::vector<double> starts;
  for (int i = 0; i < kStarts; ++i) {
    const FreePort port;
    const Arguments arguments = Watching(
        simulator.port(), {"--web.listen-address=127.0.0.1:" + std::to_string(port.number())});
    HttpClient client(port.number());
    const auto before = Clock::now();
    Process exporter(kExporterBinary, arguments);
    for (;;) {
      const auto page = client.Get("/metrics");
      const Milliseconds passed = Clock::now() - before;
      if (page && IsUp(*page)) {
        starts.push_back(passed.count());
        break;
      }
      Require(passed < kDeadline, "no page with data after the start:\n" + exporter.Stderr());
      // Less would take the processor from who needs it to get ready.
      Pause(milliseconds(1));
    }
    exporter.Signal(SIGTERM);
    exporter.Wait();
  }
  simulator.StopAndCheck();
  return Milliseconds(Median(std::move(starts)));
}

struct ScrapeCost {
  Milliseconds cpu{};  ///< per scrape
  std::size_t page_bytes = 0;
  Milliseconds median{};
  Milliseconds p99{};
  double per_second = 0;  ///< by one client, one after the other
};

ScrapeCost MeasureScrapes(const Scale& scale, const std::string& program = kExporterBinary) {
  Simulator simulator(scale.simulator);
  Running running(simulator, "60s", program);
  std::vector<double> latencies;
  std::size_t page_bytes = 0;
  const Milliseconds cpu_before = CpuTime(running.pid());
  const auto start = Clock::now();
  for (int i = 0; i < kScrapes; ++i) {
    const auto before = Clock::now();
    const auto page = running.client.Get("/metrics");
    latencies.push_back(Milliseconds(Clock::now() - before).count());
    Require(page && IsUp(*page), "a scrape failed");
    page_bytes = page->size();
  }
  const std::chrono::duration<double> passed = Clock::now() - start;
  const Milliseconds cpu = CpuTime(running.pid()) - cpu_before;
  running.exporter.Stop(SIGTERM);
  simulator.StopAndCheck();
  return {.cpu = cpu / kScrapes,
          .page_bytes = page_bytes,
          .median = Milliseconds(Median(latencies)),
          .p99 = Milliseconds(Percentile(latencies, 0.99)),
          .per_second = kScrapes / passed.count()};
}

struct CompressedCost {
  Milliseconds first{};  ///< CPU of the first scrape of a page that takes gzip
  Milliseconds again{};  ///< CPU of the next ones
  std::size_t page_bytes = 0;
};

CompressedCost MeasureCompressed(const Scale& scale) {
  constexpr int kPages = 5;
  constexpr std::string_view kGzip = "Accept-Encoding: gzip\r\n";
  Simulator simulator(scale.simulator);
  std::vector<double> firsts;
  std::vector<double> agains;
  std::size_t page_bytes = 0;
  for (int i = 0; i < kPages; ++i) {
    Running running(simulator, "60s", kExporterBinary);
    const auto scrape = [&] {
      const auto page = running.client.Get("/metrics", kGzip);
      Require(page.has_value(), "a scrape failed");
      page_bytes = page->size();
    };
    Milliseconds before = CpuTime(running.pid());
    scrape();
    firsts.push_back((CpuTime(running.pid()) - before).count());
    before = CpuTime(running.pid());
    for (int again = 0; again < kScrapes; ++again) scrape();
    agains.push_back((CpuTime(running.pid()) - before).count() / kScrapes);
    running.exporter.Stop(SIGTERM);
  }
  simulator.StopAndCheck();
  return {.first = Milliseconds(Median(std::move(firsts))),
          .again = Milliseconds(Median(std::move(agains))),
          .page_bytes = page_bytes};
}

// From SIGTERM to the end of the process.
Milliseconds TimeStop(Process& process) {
  // glibc 2.36 declares its pidfd_open for C alone.
  const int pidfd = static_cast<int>(syscall(SYS_pidfd_open, process.pid(), 0));
  Require(pidfd >= 0, "pidfd_open(2) failed");
  pollfd end = {.fd = pidfd, .events = POLLIN, .revents = 0};
  const auto before = Clock::now();
  process.Signal(SIGTERM);
  const int ready = poll(&end, 1, static_cast<int>(kDeadline.count()));
  const Milliseconds passed = Clock::now() - before;
  close(pidfd);
  Require(ready == 1, "the exporter did not stop");
  Require(process.Wait() == Exited(0), "the exporter did not exit with status 0");
  return passed;
}

// The median of stops of exporters that `start` has brought into a state.
Milliseconds MeasureStops(const std::function<std::unique_ptr<Exporter>()>& start) {
  std::vector<double> stops;
  stops.reserve(kStops);
  for (int i = 0; i < kStops; ++i) stops.push_back(TimeStop(start()->process()).count());
  return Milliseconds(Median(std::move(stops)));
}

std::unique_ptr<Exporter> StartExporter(std::uint16_t server_port) {
  return std::make_unique<Exporter>(
      Watching(server_port, {"--polling-interval=60s", "--arkouda.timeout=10s"}));
}

Milliseconds MeasureStopConnected(const Scale& scale) {
  Simulator simulator(scale.simulator);
  const Milliseconds median = MeasureStops([&] {
    auto exporter = StartExporter(simulator.port());
    HttpClient client(exporter->port());
    AwaitPage(client, "a page with data", IsUp);
    return exporter;
  });
  simulator.StopAndCheck();
  return median;
}

Milliseconds MeasureStopWithRequestOutstanding() {
  std::optional<Simulator> simulator;
  return MeasureStops([&] {
    // One that hangs takes no further requests: a new one each time.
    simulator.emplace(Arguments{"--fault", "hang"});
    auto exporter = StartExporter(simulator->port());
    const auto sent = Await("the request", [&] { return simulator->HasReceived(1); });
    Require(static_cast<bool>(sent), sent.message());
    return exporter;
  });
}

Milliseconds MeasureStopConnecting() {
  std::optional<MuteListener> listener;
  return MeasureStops([&] {
    listener.emplace();
    auto exporter = StartExporter(listener->port());
    const auto connected = Await("a connection", [&] { return listener->HasClient(); });
    Require(static_cast<bool>(connected), connected.message());
    return exporter;
  });
}

Milliseconds MeasureStopWithoutServer() {
  const FreePort port;
  return MeasureStops([&] {
    auto exporter = StartExporter(port.number());
    Require(static_cast<bool>(exporter->process().AwaitStderr("not connected to Arkouda")),
            "the exporter does not say that it can't connect");
    return exporter;
  });
}

void PrintSizes(const Scale& scale, const Sizes& sizes) {
  fmt::print("{}: {} series on a page of {} bytes, from a reply of {:.0f} bytes\n", scale.name,
             sizes.series, sizes.page_bytes, sizes.reply_bytes);
}

std::string Format(Milliseconds time) {
  return time.count() < 10 ? fmt::format("{:.2f} ms", time.count())
                           : fmt::format("{:.1f} ms", time.count());
}

std::string FormatPair(double first, double second, std::string_view unit) {
  return fmt::format("{:.1f} / {:.1f} {}", first, second, unit);
}

struct Row {
  const char* name;
  const char* predecessor;  ///< nullptr: there's no bar for it
  const char* at_most;
  std::string measured;
};

// One part of the measurements, which adds the rows that it fills.
struct Part {
  const char* flag;
  const char* help;
  void (*measure)(std::vector<Row>&);
};

void MeasurePollRows(std::vector<Row>& rows) {
  const Scale large_scale = LargeScale();
  const PollCost large = MeasurePolls(large_scale);
  PrintSizes(large_scale, large.sizes);
  const Scale small_scale = SmallScale();
  const PollCost small = MeasurePolls(small_scale);
  PrintSizes(small_scale, small.sizes);
  rows.push_back(
      {"CPU per poll, whole process, 43,000 series (1,024 locales, 200 commands, 200 users)",
       "2,020 ms", "45 ms", Format(large.cpu)});
  rows.push_back({"resident between polls / peak, 43,000 series", "208 / 222 MiB", "32 / 64 MiB",
                  FormatPair(large.resident_mebibytes, large.peak_mebibytes, "MiB")});
  rows.push_back({"resident peak, 70 series (2 locales, 8 commands, 2 users)", "138 MiB", "12 MiB",
                  fmt::format("{:.1f} MiB", small.peak_mebibytes)});
  rows.push_back({"CPU per poll, 70 series", "4.4 ms", "0.6 ms", Format(small.cpu)});
  rows.push_back({"resident between polls, 70 series", nullptr, nullptr,
                  fmt::format("{:.1f} MiB", small.resident_mebibytes)});
}

void MeasureStartRows(std::vector<Row>& rows) {
  const Milliseconds large = MeasureStart(LargeScale());
  const Milliseconds small = MeasureStart(SmallScale());
  rows.push_back({"start to first page with data, 43,000 / 70 series", "3,700 / 1,200 ms",
                  "400 / 100 ms", FormatPair(large.count(), small.count(), "ms")});
}

void MeasureScrapeRows(std::vector<Row>& rows) {
  const ScrapeCost large = MeasureScrapes(LargeScale());
  const ScrapeCost small = MeasureScrapes(SmallScale());
  rows.push_back({"CPU per scrape, 43,000 series", "244 ms", "3 ms", Format(large.cpu)});
  rows.push_back({"CPU per scrape, 70 series", nullptr, nullptr, Format(small.cpu)});
  const CompressedCost compressed = MeasureCompressed(LargeScale());
  rows.push_back(
      {"CPU per scrape with gzip, 43,000 series, first after a poll / again", nullptr, nullptr,
       fmt::format("{:.1f} / {:.2f} ms", compressed.first.count(), compressed.again.count())});
  rows.push_back({"page on the wire, 43,000 series, plain / gzip", nullptr, nullptr,
                  fmt::format("{:.0f} / {:.0f} kB", static_cast<double>(large.page_bytes) / 1000,
                              static_cast<double>(compressed.page_bytes) / 1000)});
  rows.push_back({"scrape p50 / p99, 43,000 series", nullptr, nullptr,
                  FormatPair(large.median.count(), large.p99.count(), "ms")});
  rows.push_back({"scrape p50 / p99, 70 series", nullptr, nullptr,
                  fmt::format("{:.2f} / {:.2f} ms", small.median.count(), small.p99.count())});
  rows.push_back({"scrapes/s by one client, 43,000 / 70 series", nullptr, nullptr,
                  fmt::format("{:.0f} / {:.0f}", large.per_second, small.per_second)});
}

void MeasureStopRows(std::vector<Row>& rows) {
  const auto add = [&](const char* name, Milliseconds measured) {
    rows.push_back({name, nullptr, nullptr, Format(measured)});
  };
  add("SIGTERM to exit, idle, 70 series", MeasureStopConnected(SmallScale()));
  add("SIGTERM to exit, idle, 43,000 series", MeasureStopConnected(LargeScale()));
  add("SIGTERM to exit, request outstanding", MeasureStopWithRequestOutstanding());
  add("SIGTERM to exit, connecting to a peer that never speaks", MeasureStopConnecting());
  add("SIGTERM to exit, no server", MeasureStopWithoutServer());
}

void MeasureManyRows(std::vector<Row>& rows) {
  const Many many = MeasureMany(MeasurePolls(SmallScale()).cpu);
  const ScrapeCost alone = MeasureScrapes(SingleLargeScale());
  const auto add = [&](const char* name, const char* at_most, std::string measured) {
    rows.push_back({name, "", at_most, std::move(measured)});
  };
  add("1,000 targets of 70 series, 15 s: CPU, against as many polls of one target alone", "1.5 ×",
      fmt::format("{:.2f} ×", many.cpu_ratio));
  add("the same: resident, peak", "96 MiB", fmt::format("{:.1f} MiB", many.peak_mebibytes));
  add("the same: CPU of a scrape of the whole page, first after a change / again, against one of a "
      "single target of 70,000 series",
      "10 / 1.5 ×",
      fmt::format("{:.1f} / {:.1f} × ({} and {} bytes)", many.first_scrape / alone.cpu,
                  many.scrape_again / alone.cpu, many.page_bytes, alone.page_bytes));
  add("500 of them gone and 100 hanging: CPU, against all answering", "1.5 ×",
      fmt::format("{:.2f} ×", many.troubled_cpu_ratio));
  add("the same: delay of the others' polls, 99th percentile", "50 ms",
      Format(many.troubled_delay));
  add("reload of a file of 1,000 targets with one changed, in polls' worth of CPU", "50",
      fmt::format("{:.1f}", many.reload_polls));
}

constexpr std::array<Part, 5> kParts = {{
    {"--poll", "CPU and memory of polls", &MeasurePollRows},
    {"--start", "start to first page with data", &MeasureStartRows},
    {"--scrape", "CPU and latency of scrapes", &MeasureScrapeRows},
    {"--stop", "SIGTERM to exit", &MeasureStopRows},
    {"--many", "1,000 targets", &MeasureManyRows},
}};

// What another build of the exporter takes, measured in turn with this one: machines differ, and
// each from hour to hour, but not within a pair.
// A figure that two builds are compared by.
struct Compared {
  std::string name;
  std::string (*format)(double);
};

std::string FormatMilliseconds(double value) { return Format(Milliseconds(value)); }
std::string FormatMebibytes(double value) { return fmt::format("{:.1f} MiB", value); }

void CompareWith(const std::string& other) {
  // `measure` gives the figures, one for each of `compared`.
  const auto compare = [&](const std::vector<Compared>& compared, int pairs,
                           const std::function<std::vector<double>(const std::string&)>& measure) {
    std::vector<std::vector<double>> own;
    std::vector<std::vector<double>> others;
    for (int i = 0; i < pairs; ++i) {
      own.push_back(measure(kExporterBinary));
      others.push_back(measure(other));
    }
    for (std::size_t figure = 0; figure < compared.size(); ++figure) {
      std::vector<double> mine;
      std::vector<double> theirs;
      std::vector<double> ratios;
      for (std::size_t i = 0; i < own.size(); ++i) {
        mine.push_back(own[i].at(figure));
        theirs.push_back(others[i].at(figure));
        ratios.push_back(mine.back() / theirs.back());
      }
      const auto& [name, format] = compared[figure];
      const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
      fmt::print("| {} | {} | {} | {:.2f} × ({:.2f} to {:.2f}, {} pairs) |\n", name,
                 format(Median(theirs)), format(Median(mine)), Median(ratios), *least, *most,
                 pairs);
    }
  };
  // Of five pairs the medians of two runs differed by more than the 0.05 that they are held to.
  constexpr int kPollPairs = 11;
  constexpr int kScrapePairs = 15;
  fmt::print("\n| | {} | this build | ratio |\n| --- | --- | --- | --- |\n", other);
  for (const Scale& scale : {LargeScale(), SmallScale()}) {
    const std::string size = std::string(", ") + scale.name;
    compare(
        {{"CPU per poll" + size, &FormatMilliseconds}, {"resident peak" + size, &FormatMebibytes}},
        kPollPairs, [&](const std::string& program) {
          const PollCost cost = MeasurePolls(scale, program);
          return std::vector<double>{cost.cpu.count(), cost.peak_mebibytes};
        });
    compare({{"CPU per scrape" + size, &FormatMilliseconds}}, kScrapePairs,
            [&](const std::string& program) {
              return std::vector<double>{MeasureScrapes(scale, program).cpu.count()};
            });
  }
}

int PrintHelp() {
  fmt::print(
      "Usage: bars [FLAG...]\nPrints the README's table of measurements; with flags, only:\n"
      "  --against=PROGRAM  what another build of the exporter takes, in turn with this one\n");
  for (const Part& part : kParts) fmt::print("  {:<9} {}\n", part.flag, part.help);
  return EXIT_SUCCESS;
}

void PrintTable(const std::vector<Row>& rows) {
  fmt::print("\n| | predecessor | at most | measured |\n| --- | --- | --- | --- |\n");
  for (const bool has_bar : {true, false}) {
    for (const Row& row : rows) {
      if ((row.predecessor != nullptr) != has_bar) continue;
      fmt::print("| {} | {} | {} | {} |\n", row.name, has_bar ? row.predecessor : "",
                 has_bar ? row.at_most : "", row.measured);
    }
  }
}

int Run(const std::vector<std::string_view>& flags) {
  constexpr std::string_view kAgainst = "--against=";
  if (flags.size() == 1 && flags.front().starts_with(kAgainst)) {
    PrintMachine();
    CompareWith(std::string(flags.front().substr(kAgainst.size())));
    return ExitStatus(/*is_complete=*/true);
  }
  for (const std::string_view flag : flags) {
    if (flag == "--help") return PrintHelp();
    if (std::none_of(kParts.begin(), kParts.end(),
                     [&](const Part& part) { return part.flag == flag; })) {
      fmt::print(stderr, "bars: no such flag: {}; see --help\n", flag);
      return 2;
    }
  }
  PrintMachine();
  std::vector<Row> rows;
  bool is_complete = true;
  for (const Part& part : kParts) {
    if (!flags.empty() && std::find(flags.begin(), flags.end(), part.flag) == flags.end()) continue;
    is_complete &= Attempt(part.help, [&] { part.measure(rows); });
  }
  PrintTable(rows);
  return ExitStatus(is_complete);
}

}  // namespace
}  // namespace arkouda_exporter::testing

int main(int argc, char** argv) { return arkouda_exporter::testing::Run({argv + 1, argv + argc}); }
