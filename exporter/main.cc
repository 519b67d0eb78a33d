#include <malloc.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "common/log.h"
#include "exporter/once.h"
#include "exporter/process/command_line.h"
#include "exporter/process/healthcheck.h"
#include "exporter/process/standard_streams.h"
#include "exporter/process/stoppable.h"
#include "exporter/process/version.h"
#include "exporter/serve.h"

namespace arkouda_exporter {
namespace {

// The exit statuses are stable.
constexpr int kUnhealthy = 1;    // no good answer to --healthcheck
constexpr int kBadSettings = 2;  // a flag, a variable or an address that can't be used

int Refuse(int status, const std::vector<std::string>& errors) {
  for (const auto& error : errors) std::cerr << "prometheus-arkouda-exporter: " << error << "\n";
  return status;
}

int Print(const std::string& text) {
  if (std::cout << text << std::flush) return EXIT_SUCCESS;
  return Refuse(EXIT_FAILURE, {"standard output is closed or full"});
}

void StartLog(const CommandLine& line) {
  SetUpLog(line.settings.log.level, line.settings.log.format);
  for (const std::string& warning : line.warnings) LogWarn(warning);
}

int Run(int argc, char** argv, Stoppable& run) {
  const auto get_environment = [](const char* name) -> const char* { return std::getenv(name); };
  const auto line = ParseCommandLine(argc, argv, get_environment);
  if (!line) return Refuse(kBadSettings, line.error());
  switch (line->settings.command) {
    case Command::kHelp:
      return Print(HelpText());
    case Command::kVersion:
      return Print(VersionText());
    case Command::kCheck:
      StartLog(*line);
      return Print("Settings and files can be used.\n");
    case Command::kHealthcheck: {
      const auto health = CheckHealth(line->settings.web, run.stop());
      return health ? EXIT_SUCCESS : Refuse(kUnhealthy, {health.error()});
    }
    case Command::kOnce:
      StartLog(*line);
      return RunOnce(line->settings, run);
    case Command::kServe:
      break;
  }
  run.SetStatusWhenLate(EXIT_SUCCESS);
  StartLog(*line);
  const auto served = Serve(*line, get_environment, run);
  return served ? EXIT_SUCCESS : Refuse(kBadSettings, served.error());
}

}  // namespace
}  // namespace arkouda_exporter

int main(int argc, char** argv) {
  using namespace arkouda_exporter;  // NOLINT(google-build-using-namespace)
  OpenStandardStreams();
  // A poll's large buffers go back to the system right after it; the few threads share one heap.
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  mallopt(M_ARENA_MAX, 1);
  int status = EXIT_FAILURE;
  EndOnException(
      "", [&] { status = Stoppable::Run([&](Stoppable& run) { return Run(argc, argv, run); }); });
  return status;
}
