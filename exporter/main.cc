#include <malloc.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
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
constexpr int kNoAnswer = 1;     // --once, and Arkouda did not answer or the page can't be written
constexpr int kBadSettings = 2;  // a flag, a variable or an address that can't be used

// Everything stops at once but a name lookup inside libzmq, which nobody can interrupt.
constexpr std::chrono::milliseconds kStopGrace(400);

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
  if (stop_signal.Wait() != 0) ExitAfter(kStopGrace, kNoAnswer);
  poll = std::jthread();  // stops it, if a signal has come, and waits for its end
  if (!outcome.is_success) return kNoAnswer;
  std::cout << outcome.page << std::flush;
  if (std::cout) return EXIT_SUCCESS;
  LogError("the page can't be written to standard output");
  return kNoAnswer;
}

int Serve(const Options& options, StopSignal& stop_signal) {
  const auto exporter = Exporter::Create(options);
  if (!exporter) return Refuse(exporter.error());
  LogInfo("starting", {{"version", GetBuildInfo().version}, {"revision", GetBuildInfo().revision}});
  (*exporter)->Start();
  const int signal = stop_signal.Wait();
  LogInfo("stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
  ExitAfter(kStopGrace, EXIT_SUCCESS);
  return EXIT_SUCCESS;
}

int Run(int argc, char** argv) {
  // A poll's large buffers go back to the system right after it; the few threads share one heap.
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  mallopt(M_ARENA_MAX, 1);
  StopSignal stop_signal;
  const auto line =
      ParseCommandLine(argc, argv, [](const char* name) { return std::getenv(name); });
  if (!line) return Refuse(line.error());
  if (!line->options) return std::cout << line->text << std::flush ? EXIT_SUCCESS : EXIT_FAILURE;
  SetUpLog(line->options->log_level, line->options->log_format);
  for (const std::string& warning : line->warnings) LogWarn(warning);
  return line->options->once ? RunOnce(*line->options, stop_signal)
                             : Serve(*line->options, stop_signal);
}

}  // namespace
}  // namespace arkouda_exporter

int main(int argc, char** argv) { return arkouda_exporter::Run(argc, argv); }
