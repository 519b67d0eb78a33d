#include "test/bench/many.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "test/support/exporter.h"
#include "test/support/simulator.h"
#include "test/support/temp_dir.h"

namespace arkouda_exporter::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kServers = 1000;
constexpr std::size_t kGone = 500;
constexpr std::size_t kHanging = 100;
constexpr seconds kInterval(15);
constexpr int kScrapes = 20;
constexpr int kReloads = 5;

const Arguments& SmallServers() {
  static const Arguments arguments = {"--locales", "2", "--commands", "8", "--users", "2"};
  return arguments;
}

std::size_t CountUp(std::string_view page) {
  const auto up = ValuesOf(page, "arkouda_up");
  return static_cast<std::size_t>(std::count(up.begin(), up.end(), 1.0));
}

struct Running {
  Running(const std::string& targets_file, const std::string& interval)
      : exporter({"--arkouda.targets-file=" + targets_file, "--polling-interval=" + interval}),
        client(exporter.port()) {
    // Whoever scrapes all the time has the memory of pages that nobody else would see.
    Pause(kInterval);
    Await(kServers);
  }
  void Await(std::size_t up) {
    AwaitPage(
        client, std::to_string(up) + " servers answer",
        [&](std::string_view page) { return CountUp(page) == up; }, seconds(120));
  }
  pid_t pid() { return exporter.process().pid(); }
  std::string Scrape() {
    const auto page = client.Get("/metrics");
    Require(page.has_value(), "the exporter can't be scraped");
    return std::string(*page);
  }

  Exporter exporter;
  HttpClient client;
};

struct Span {
  Milliseconds cpu{};
  double polls = 0;
  std::vector<double> delays;  // ms, of the polls of those who answer, from what they were due
};

// What the exporter does in two intervals.
Span Watch(Running& running) {
  const auto last_polls = [&](const std::string& page) {
    return ValuesOf(page, "arkouda_exporter_last_successful_poll_timestamp_seconds");
  };
  const std::string before = running.Scrape();
  const Milliseconds cpu_before = CpuTime(running.pid());
  Pause(2 * kInterval);
  Span span{.cpu = CpuTime(running.pid()) - cpu_before};
  const std::string after = running.Scrape();
  span.polls = SuccessfulPolls(after) - SuccessfulPolls(before);
  const auto first = last_polls(before);
  const auto last = last_polls(after);
  const auto up = ValuesOf(after, "arkouda_up");
  const double interval = std::chrono::duration<double>(kInterval).count();
  for (std::size_t i = 0; i < std::min({first.size(), last.size(), up.size()}); ++i) {
    const double passed = last[i] - first[i];
    if (up[i] != 1 || passed == 0) continue;
    span.delays.push_back(1e3 * std::abs(passed - interval * std::round(passed / interval)));
  }
  return span;
}

// Reloads and scrapes while there are no polls: they are an hour apart.
void MeasureQuiet(const std::string& targets_file, Milliseconds poll_alone, Many& many) {
  std::ifstream file(targets_file);
  const std::string targets(std::istreambuf_iterator<char>(file), {});
  const TempDir dir;
  Running running(dir.Write("targets.json", targets), "1h");
  const std::string name = "server-" + std::to_string(kServers - 1);
  const std::size_t begin = targets.find("\"" + name + "\"");
  Require(begin != std::string::npos, "the file has no " + name);

  std::vector<double> reloads;
  std::vector<double> firsts;
  std::vector<double> agains;
  const auto cpu_of = [&](const auto& work) {
    const Milliseconds before = CpuTime(running.pid());
    work();
    return (CpuTime(running.pid()) - before).count();
  };
  for (int i = 0; i < kReloads; ++i) {
    std::string changed = targets;
    changed.replace(begin + 1, name.size(), "renamed-" + std::to_string(i));
    // What heartbeats take meanwhile is not the reload's; the poll of the one target is.
    constexpr seconds kLongEnough(2);
    const double without = cpu_of([&] { Pause(kLongEnough); });
    reloads.push_back(cpu_of([&] {
                        dir.Write("targets.json", changed);
                        Pause(kLongEnough);
                      }) -
                      without);
    firsts.push_back(cpu_of([&] { running.Scrape(); }));
    for (int j = 0; j < kScrapes; ++j) agains.push_back(cpu_of([&] { running.Scrape(); }));
  }
  const std::string page = running.Scrape();
  Require(page.find("renamed-" + std::to_string(kReloads - 1)) != std::string::npos,
          "the last change is not on the page");
  many.page_bytes = page.size();
  many.first_scrape = Milliseconds(Median(firsts));
  many.scrape_again = Milliseconds(Median(agains));
  many.reload_polls = Median(reloads) / poll_alone.count();
  running.exporter.Stop(SIGTERM);
}

}  // namespace

Many MeasureMany(Milliseconds poll_alone) {
  Many many;
  Simulator simulator(Simulator::Many{.servers = kServers}, SmallServers());
  {
    Running running(simulator.targets_file(), std::to_string(kInterval.count()) + "s");
    const Span calm = Watch(running);
    Require(calm.polls > 0, "no poll was answered");
    many.cpu_ratio = calm.cpu / (calm.polls * poll_alone);
    many.peak_mebibytes = StatusMebibytes(running.pid(), "VmHWM:");
    simulator.SetConditions({.first = 0, .count = kGone}, {.first = kGone, .count = kHanging});
    running.Await(kServers - kGone - kHanging);
    Pause(kInterval);
    const Span troubled = Watch(running);
    many.troubled_cpu_ratio = troubled.cpu / calm.cpu;
    many.troubled_delay = Milliseconds(Percentile(troubled.delays, 0.99));
    running.exporter.Stop(SIGTERM);
    simulator.SetConditions({});
  }
  MeasureQuiet(simulator.targets_file(), poll_alone, many);
  simulator.StopAndCheck();
  return many;
}

}  // namespace arkouda_exporter::testing
