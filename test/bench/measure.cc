#include "test/bench/measure.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/utsname.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <numeric>
#include <thread>
#include <utility>

#include "test/support/await.h"

namespace arkouda_exporter::testing {
namespace {

constexpr double kMebibyte = 1 << 20;

std::string FirstOf(const char* path, std::string_view key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t value = line.find_first_not_of(" \t", line.find(':') + 1);
    if (value != std::string::npos) return line.substr(value);
  }
  return "?";
}

}  // namespace

void PrintMachine() {
  utsname system{};
  uname(&system);
  fmt::print("{}, {} cores, {} of memory, Linux {}; {} build\n",
             FirstOf("/proc/cpuinfo", "model name"), std::thread::hardware_concurrency(),
             FirstOf("/proc/meminfo", "MemTotal"), system.release, BUILD_TYPE);
  if (std::string_view(BUILD_TYPE) != "Release") {
    fmt::print("**Not a release build: these figures say nothing.**\n");
  }
}

void Require(bool condition, const std::string& what) {
  if (!condition) throw NotMeasured(what);
}

bool Attempt(std::string_view what, const std::function<void()>& measure) {
  fmt::print(stderr, "measuring: {}\n", what);
  try {
    measure();
  } catch (const NotMeasured& error) {
    fmt::print(stderr, "not measured: {}: {}\n", what, error.what());
    return false;
  }
  return true;
}

int ExitStatus(bool is_complete) {
  // What the parts of test_support noticed counts, too, such as a simulator that was harmed.
  const bool is_good = is_complete && !::testing::UnitTest::GetInstance()->Failed();
  return is_good ? EXIT_SUCCESS : EXIT_FAILURE;
}

void Pause(std::chrono::milliseconds duration) {
  poll(nullptr, 0, static_cast<int>(duration.count()));
}

double Percentile(std::vector<double> values, double fraction) {
  std::sort(values.begin(), values.end());
  const double index = fraction * static_cast<double>(values.size() - 1);
  return values[static_cast<std::size_t>(std::lround(index))];
}

double Median(std::vector<double> values) { return Percentile(std::move(values), 0.5); }

Milliseconds CpuTime(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  Require(clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &time) == 0,
          "the exporter's CPU clock can't be read");
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

double StatusMebibytes(pid_t pid, std::string_view key) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  double kibibytes = 0;
  while (status >> word) {
    if (word == key && status >> kibibytes) return kibibytes * 1024 / kMebibyte;
  }
  throw NotMeasured("/proc/PID/status has no " + std::string(key));
}

std::vector<double> ValuesOf(std::string_view page, std::string_view family,
                             std::string_view label) {
  std::vector<double> values;
  const std::string header = "\n# TYPE " + std::string(family) + " ";
  std::size_t begin = page.find('\n', page.find(header) + 1);
  while (begin < page.size() && page.substr(begin + 1).starts_with(family)) {
    const std::size_t end = page.find('\n', begin + 1);
    const std::string_view line = page.substr(begin + 1, end - begin - 1);
    begin = end;
    if (line.find(label) == std::string_view::npos) continue;
    double value = 0;
    const std::size_t value_begin = line.rfind(' ') + 1;
    const auto [rest, error] =
        std::from_chars(line.data() + value_begin, line.data() + line.size(), value);
    if (error == std::errc()) values.push_back(value);
  }
  return values;
}

std::optional<double> ValueOf(std::string_view page, std::string_view family,
                              std::string_view label) {
  const std::vector<double> values = ValuesOf(page, family, label);
  return values.empty() ? std::nullopt : std::optional(values.front());
}

double SuccessfulPolls(std::string_view page) {
  const auto polls = ValuesOf(page, "arkouda_exporter_polls_total", R"(result="success")");
  return std::accumulate(polls.begin(), polls.end(), 0.0);
}

std::string_view AwaitPage(HttpClient& client, std::string_view what,
                           const std::function<bool(std::string_view)>& is_wanted,
                           std::chrono::milliseconds deadline) {
  std::optional<std::string_view> page;
  const auto found = Await(
      what,
      [&] {
        page = client.Get("/metrics");
        return page && is_wanted(*page);
      },
      deadline);
  Require(static_cast<bool>(found), found.message());
  return *page;
}

}  // namespace arkouda_exporter::testing
