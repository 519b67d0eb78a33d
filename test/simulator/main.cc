#include <chrono>
#include <iostream>
#include <string>
#include <utility>

#include "common/stop_signal.h"
#include "test/simulator/control_signals.h"
#include "test/simulator/options.h"
#include "test/simulator/servers.h"

namespace {

int Refuse(const std::string& reason) {
  std::cerr << "arkouda-metrics-simulator: " << reason << '\n';
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  // First of all, since the ZeroMQ context's threads inherit which signals are blocked.
  const arkouda_exporter::StopSignal stop;
  arkouda_simulator::ControlSignals control;

  auto command_line = arkouda_simulator::ReadCommandLine(argc, argv);
  if (!command_line) return Refuse(command_line.error());
  if (!command_line->text.empty()) {
    std::cout << command_line->text;
    return 0;
  }

  arkouda_simulator::Servers servers(std::move(command_line->options),
                                     [] { return std::chrono::system_clock::now(); });
  if (const auto listening = servers.Listen(); !listening) return Refuse(listening.error());
  for (const std::string& endpoint : servers.endpoints()) {
    std::cout << "listening on " << endpoint << '\n';
  }
  std::cout << std::flush;
  return servers.Run(stop, control);
}
