#include "test/support/simulator.h"

#include <charconv>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>

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

}  // namespace

Simulator::Simulator(const Arguments& arguments, std::uint16_t port)
    : process_(SIMULATOR_BINARY, WithDefaults(arguments, port)) {
  EXPECT_TRUE(process_.AwaitStdout(std::string(kListening) + "[0-9]+"));
  const std::string out = process_.Stdout();
  if (out.starts_with(kListening)) {
    std::from_chars(out.data() + kListening.size(), out.data() + out.size(), port_);
  }
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
              .connections = json.value("connections", -1)};
  }
  return report;
}

SimulatorReport Simulator::Report() {
  const auto count = [this] { return Lines(process_.Stdout()).size(); };
  const std::size_t before = count();
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
