#include <malloc.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "common/build_info.h"
#include "common/log.h"
#include "exporter/exporter.h"
#include "exporter/once.h"
#include "exporter/process/healthcheck.h"
#include "exporter/process/options.h"
#include "exporter/process/standard_streams.h"
#include "exporter/process/stoppable.h"

namespace arkouda_exporter {
namespace {

// The exit statuses are stable.
constexpr int kUnhealthy = 1;    // no good answer to --healthcheck
constexpr int kBadSettings = 2;  // a flag, a variable or an address that can't be used

int Refuse(int status, const std::vector<std::string>& errors) {
  for (const auto& error : errors) std::cerr << "prometheus-arkouda-exporter: " << error << "\n";
  return status;
}

int Serve(const Options& options, Stoppable& run) {
  const auto exporter = Exporter::Create(options);
  if (!exporter) return Refuse(kBadSettings, exporter.error());
  LogInfo("starting", {{"version", GetBuildInfo().version}, {"revision", GetBuildInfo().revision}});
  (*exporter)->Start();
  run.AwaitStop([&] { (*exporter)->ReadFilesAgain(); });
  LogInfo("stopping", {{"signal", run.signal() == SIGINT ? "SIGINT" : "SIGTERM"}});
  return EXIT_SUCCESS;
}

int Run(int argc, char** argv, Stoppable& run) {
  const auto line =
      ParseCommandLine(argc, argv, [](const char* name) { return std::getenv(name); });
  if (!line) return Refuse(kBadSettings, line.error());
  if (line->healthcheck) {
    const auto health = CheckHealth(*line->healthcheck, run.stop());
    return health ? EXIT_SUCCESS : Refuse(kUnhealthy, {health.error()});
  }
  if (!line->options) {
    if (std::cout << line->text << std::flush) return EXIT_SUCCESS;
    return Refuse(EXIT_FAILURE, {"standard output is closed or full"});
  }
  if (!line->options->once) run.SetStatusWhenLate(EXIT_SUCCESS);
  SetUpLog(line->options->log_level, line->options->log_format);
  for (const std::string& warning : line->warnings) LogWarn(warning);
  return line->options->once ? RunOnce(*line->options, run) : Serve(*line->options, run);
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
