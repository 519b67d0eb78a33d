#include "test/support/exporter_test.h"

#include <csignal>
#include <iostream>
#include <utility>

namespace arkouda_exporter::testing {

Arguments Watching(std::uint16_t server_port, const Arguments& more) {
  return WithDefaults({"--arkouda.host=127.0.0.1", "--arkouda.port=" + std::to_string(server_port)},
                      more);
}

Simulator& ExporterTest::StartSimulator(const Arguments& arguments, std::uint16_t port) {
  return *simulators_.emplace_back(std::make_unique<Simulator>(arguments, port));
}

Simulator& ExporterTest::StartSimulators(std::size_t servers, const Arguments& arguments) {
  return *simulators_.emplace_back(
      std::make_unique<Simulator>(Simulator::Many{servers}, arguments));
}

Exporter& ExporterTest::StartExporter(std::uint16_t server_port, const Arguments& arguments,
                                      const Environment& environment) {
  const Arguments all = WithDefaults({std::string("--polling-interval=") + kInterval},
                                     Watching(server_port, arguments));
  return *exporters_.emplace_back(std::make_unique<Exporter>(all, environment));
}

Exporter& ExporterTest::StartExporterOf(const std::string& targets_file,
                                        const Arguments& arguments) {
  const Arguments all = WithDefaults(
      {std::string("--polling-interval=") + kInterval, "--arkouda.targets-file=" + targets_file},
      arguments);
  return *exporters_.emplace_back(std::make_unique<Exporter>(all));
}

void ExporterTest::TearDown() {
  for (const auto& exporter : exporters_) exporter->Stop(SIGTERM);
  for (const auto& simulator : simulators_) simulator->StopAndCheck();
  if (HasFailure()) {
    for (const auto& exporter : exporters_) {
      std::cerr << "--- " << exporter->process().command_line() << "\n"
                << exporter->process().Stderr();
    }
  }
}

}  // namespace arkouda_exporter::testing
