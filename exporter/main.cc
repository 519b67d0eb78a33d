#include <malloc.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/build_info.h"
#include "common/log.h"
#include "common/stop_signal.h"
#include "exporter/exporter.h"
#include "exporter/options.h"

namespace arkouda_exporter {
namespace {

// The exit statuses are stable.
constexpr int kNoAnswer = 1;     // --once, and Arkouda did not answer
constexpr int kBadSettings = 2;  // a flag, a variable or an address that can't be used

int Refuse(const std::vector<std::string>& errors) {
  for (const std::string& error : errors) {
    std::cerr << "prometheus-arkouda-exporter: " << error << "\n";
  }
  return kBadSettings;
}

int RunOnce(const Options& options, StopSignal& stop_signal) {
  OnePoll outcome;
  std::jthread poll([&](const std::stop_token& stop) {
    outcome = PollOnce(options, stop);
    stop_signal.Cancel();
  });
  stop_signal.Wait();
  poll = std::jthread();  // stops it, if a signal has come, and waits for its end
  if (!outcome.is_success) return kNoAnswer;
  std::cout << outcome.page << std::flush;
  return std::cout ? EXIT_SUCCESS : kNoAnswer;
}

int Serve(const Options& options, StopSignal& stop_signal) {
  const auto exporter = Exporter::Create(options);
  if (!exporter) return Refuse(exporter.error());
  const BuildInfo build = GetBuildInfo();
  LogInfo("starting", {{"version", build.version}, {"revision", build.revision}});
  (*exporter)->Start();
  const int signal = stop_signal.Wait();
  LogInfo("stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
  // Everything stops at once but a name lookup inside libzmq, which nobody can interrupt.
  ExitAfter(std::chrono::milliseconds(400));
  return EXIT_SUCCESS;
}

int Run(int argc, char** argv) {
  // A poll's large buffers go back to the system right after it, and the few threads share one
  // heap.
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  mallopt(M_ARENA_MAX, 1);
  StopSignal stop_signal;
  const auto line =
      ParseCommandLine(argc, argv, [](const char* name) { return std::getenv(name); });
  if (!line) return Refuse(line.error());
  if (!line->options) {
    std::cout << line->text << std::flush;
    return std::cout ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  SetUpLog(line->options->log_level, line->options->log_format);
  for (const std::string& warning : line->warnings) LogWarn(warning);
  return line->options->once ? RunOnce(*line->options, stop_signal)
                             : Serve(*line->options, stop_signal);
}

}  // namespace
}  // namespace arkouda_exporter

int main(int argc, char** argv) { return arkouda_exporter::Run(argc, argv); }
