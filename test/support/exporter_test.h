#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "test/support/exporter.h"
#include "test/support/network.h"
#include "test/support/simulator.h"

namespace arkouda_exporter::testing {

/// A test with exporters and simulators. At its end every exporter is stopped and must exit with
/// status 0, then every simulator is asked whether it was harmed (Simulator::StopAndCheck).
class ExporterTest : public ::testing::Test {
 protected:
  /// Fast enough for tests, slow enough for busy machines and sanitizers.
  static constexpr const char* kInterval = "200ms";
  /// For tests in which no answer is late, however slow the machine is.
  static constexpr const char* kPatient = "--arkouda.timeout=10s";

  Simulator& StartSimulator(const Arguments& arguments = {}, std::uint16_t port = 0);
  /// Many servers in one process, each as strict as one alone.
  Simulator& StartSimulators(std::size_t servers, const Arguments& arguments = {});
  /// An exporter of the server on that port of 127.0.0.1, polling every 200 ms unless the arguments
  /// say otherwise.
  Exporter& StartExporter(std::uint16_t server_port, const Arguments& arguments = {},
                          const Environment& environment = {});
  Exporter& StartExporter(const Simulator& simulator, const Arguments& arguments = {},
                          const Environment& environment = {}) {
    return StartExporter(simulator.port(), arguments, environment);
  }

  /// An exporter of the servers that a targets file names.
  Exporter& StartExporterOf(const std::string& targets_file, const Arguments& arguments = {});
  void TearDown() override;

 private:
  std::vector<std::unique_ptr<Simulator>> simulators_;
  std::vector<std::unique_ptr<Exporter>> exporters_;
};

/// What Exporter gets in order to watch the server on that port.
Arguments Watching(std::uint16_t server_port, const Arguments& more = {});

}  // namespace arkouda_exporter::testing
