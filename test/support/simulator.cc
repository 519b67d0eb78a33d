#include "test/support/simulator.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace arkouda_exporter::testing {
namespace {

Arguments WithDefaults(const Arguments& arguments, std::uint16_t port) {
  Arguments all = {"--listen",   "127.0.0.1:" + std::to_string(port),
                   "--locales",  "2",
                   "--commands", "4",
                   "--users",    "2"};
  for (const std::string& argument : arguments) {
    // A flag given by the test replaces the default one.
    for (std::size_t i = 2; i + 1 < all.size(); i += 2) {
      if (argument == all[i]) {
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(i),
                  all.begin() + static_cast<std::ptrdiff_t>(i) + 2);
        break;
      }
    }
  }
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

constexpr std::string_view kListening = "listening on tcp://127.0.0.1:";
constexpr const char* kTargetsFile = "targets.json";
constexpr const char* kConditionsFile = "conditions";

Arguments WithFiles(Arguments arguments, std::size_t servers, const TempDir& dir) {
  arguments.insert(arguments.end(), {"--servers", std::to_string(servers),                    //
                                     "--targets-file", (dir.path() / kTargetsFile).string(),  //
                                     "--conditions-file", (dir.path() / kConditionsFile).string()});
  return arguments;
}

std::string ConditionLine(const std::string& condition, const ServerRange& range) {
  if (range.count == 0) return {};
  return condition + " " + std::to_string(range.first) + "-" +
         std::to_string(range.first + range.count - 1) + "\n";
}

}  // namespace

Simulator::Simulator(const Arguments& arguments, std::uint16_t port)
    : process_(SIMULATOR_BINARY, WithDefaults(arguments, port)) {
  AwaitPorts(1);
}

Simulator::Simulator(Many many, const Arguments& arguments)
    : dir_(std::in_place),
      process_(SIMULATOR_BINARY, WithFiles(WithDefaults(arguments, 0), many.servers, *dir_)) {
  AwaitPorts(many.servers);
}

std::string Simulator::WhyNot(Many many) {
  const rlim_t needed = 20 * many.servers;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max >= needed) return {};
  return "a process may open " + std::to_string(limit.rlim_max) + " files here, and " +
         std::to_string(needed) + " are needed";
}

void Simulator::AwaitPorts(std::size_t count) {
  EXPECT_TRUE(process_.AwaitStdout(std::string(kListening) + "[0-9]+", count));
  for (const std::string& line : Lines(process_.Stdout())) {
    if (!line.starts_with(kListening)) continue;
    std::uint16_t port = 0;
    std::from_chars(line.data() + kListening.size(), line.data() + line.size(), port);
    ports_.push_back(port);
  }
}

std::string Simulator::targets_file() const { return (dir_->path() / kTargetsFile).string(); }

void Simulator::SetConditions(ServerRange gone, ServerRange hanging) {
  dir_->Write(kConditionsFile, ConditionLine("gone", gone) + ConditionLine("hanging", hanging));
  ++conditions_set_;
  process_.Signal(SIGUSR2);
  EXPECT_TRUE(process_.AwaitStdout("conditions are as the file says", conditions_set_));
}

SimulatorReport Simulator::LastReport() const {
  SimulatorReport report;
  for (const std::string& line : Lines(process_.Stdout())) {
    const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) continue;
    report = {.requests = json.value("requests", -1),
              .all = json.value("all", -1),
              .server_info = json.value("server_info", -1),
              .other = json.value("other", -1),
              .most_waiting = json.value("most_waiting", -1),
              .connections = json.value("connections", -1),
              .each = {}};
    for (const auto& [requests, most_waiting, connections] :
         json.value("each", std::vector<std::array<int, 3>>())) {
      report.each.push_back(
          {.requests = requests, .most_waiting = most_waiting, .connections = connections});
    }
  }
  return report;
}

SimulatorReport Simulator::Report() {
  // Of whole lines: that of many servers comes in pieces.
  const auto count = [this] {
    const std::string text = process_.Stdout();
    return std::count(text.begin(), text.end(), '\n');
  };
  const auto before = count();
  process_.Signal(SIGUSR1);
  EXPECT_TRUE(
      Await("the simulator's report", [&] { return count() > before || !process_.IsRunning(); }));
  return LastReport();
}

void Simulator::Freeze() {
  process_.Signal(SIGSTOP);
  // "T" behind the name in parentheses.
  EXPECT_TRUE(Await("the simulator's standstill", [this] {
    std::ifstream stat("/proc/" + std::to_string(process_.pid()) + "/stat");
    const std::string text((std::istreambuf_iterator<char>(stat)), {});
    return text.find(") T ") != std::string::npos;
  }));
}

void Simulator::AllowWaiting(int most, const char* /*reason*/) { most_waiting_allowed_ = most; }

void Simulator::StopAndCheck() {
  if (is_checked_) return;
  is_checked_ = true;
  process_.Signal(SIGCONT);
  process_.Signal(SIGTERM);
  EXPECT_EQ(process_.Wait(), expected_ending_) << process_.Stderr();
  const SimulatorReport report = LastReport();
  EXPECT_EQ(report.other, 0) << process_.Stdout();
  EXPECT_EQ(report.requests, report.all + report.server_info) << process_.Stdout();
  EXPECT_LE(report.most_waiting, most_waiting_allowed_) << process_.Stdout();
}

}  // namespace arkouda_exporter::testing
