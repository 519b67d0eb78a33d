#include <malloc.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <semaphore>
#include <string>
#include <vector>

#include "common/build_info.h"
#include "common/log.h"
#include "exporter/exporter.h"
#include "exporter/healthcheck.h"
#include "exporter/options.h"
#include "exporter/standard_streams.h"
#include "exporter/stoppable.h"
#include "exporter/textfile.h"

namespace arkouda_exporter {
namespace {

// The exit statuses are stable.
constexpr int kNoAnswer = 1;     // to --once, or no good one to --healthcheck
constexpr int kBadSettings = 2;  // a flag, a variable or an address that can't be used

int Refuse(int status, const std::vector<std::string>& errors) {
  for (const auto& error : errors) std::cerr << "prometheus-arkouda-exporter: " << error << "\n";
  return status;
}

// The error names the file and says that the old one is kept.
tl::expected<void, std::string> WritePage(const std::string& file, const std::string& page) {
  if (file.empty()) {
    if (std::cout << page << std::flush) return {};
    return tl::unexpected(std::string("standard output is closed or full"));
  }
  auto written = WriteTextfile(file, page);
  if (written) return {};
  return tl::unexpected(file + ": " + written.error() + "; the old file is kept");
}

int RunOnce(const Options& options, Stoppable& run) {
  int status = kNoAnswer;
  run.SetStatusWhenLate(status);
  PollOnce(options, run.stop(), [&](const OnePoll& outcome) {
    const auto written = WritePage(options.once_output, outcome.page);
    if (!written) LogError("the page can't be written", {{"reason", written.error()}});
    if (written && outcome.is_success) status = EXIT_SUCCESS;
    run.SetStatusWhenLate(status);
    run.Finish();
  });
  if (run.signal() != 0) LogWarn("interrupted");
  return status;
}

int Serve(const Options& options, const Stoppable& run) {
  const auto exporter = Exporter::Create(options);
  if (!exporter) return Refuse(kBadSettings, exporter.error());
  LogInfo("starting", {{"version", GetBuildInfo().version}, {"revision", GetBuildInfo().revision}});
  (*exporter)->Start();
  std::binary_semaphore stopped(0);
  const std::stop_callback wake(run.stop(), [&stopped] { stopped.release(); });
  stopped.acquire();
  LogInfo("stopping", {{"signal", run.signal() == SIGINT ? "SIGINT" : "SIGTERM"}});
  return EXIT_SUCCESS;
}

int Run(int argc, char** argv, Stoppable& run) {
  const auto line =
      ParseCommandLine(argc, argv, [](const char* name) { return std::getenv(name); });
  if (!line) return Refuse(kBadSettings, line.error());
  if (line->healthcheck) {
    run.SetStatusWhenLate(kNoAnswer);
    const auto health = CheckHealth(*line->healthcheck, run.stop());
    return health ? EXIT_SUCCESS : Refuse(kNoAnswer, {health.error()});
  }
  if (!line->options) return std::cout << line->text << std::flush ? EXIT_SUCCESS : EXIT_FAILURE;
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
  return Stoppable::Run([&](Stoppable& run) { return Run(argc, argv, run); });
}
