#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "common/build_info.h"
#include "common/log.h"
#include "common/stop_signal.h"
#include "exporter/exporter.h"
#include "exporter/options.h"
#include "exporter/standard_streams.h"

namespace arkouda_exporter {
namespace {

// The exit statuses are stable.
constexpr int kNoAnswer = 1;     // --once, and Arkouda did not answer or the page can't be written
constexpr int kBadSettings = 2;  // a flag, a variable or an address that can't be used

// How long the end may take: a name lookup or a write to a pipe that is full can't be interrupted.
constexpr std::chrono::milliseconds kStopGrace(400);

std::atomic<int> g_status_when_stopped{EXIT_SUCCESS};
std::atomic<int> g_signal{0};  // the one that stops

int Refuse(const std::vector<std::string>& errors) {
  for (const std::string& error : errors) {
    std::cerr << "prometheus-arkouda-exporter: " << error << "\n";
  }
  return kBadSettings;
}

int RunOnce(const Options& options, const std::stop_token& stop, const StopSignal& stop_signal) {
  g_status_when_stopped = kNoAnswer;
  PollOnce(options, stop, [&stop_signal](const OnePoll& outcome) {
    if (outcome.is_success && std::cout << outcome.page << std::flush) g_status_when_stopped = 0;
    if (!std::cout) LogError("the page can't be written to standard output");
    stop_signal.Cancel();
  });
  if (g_signal != 0) LogWarn("interrupted");
  return g_status_when_stopped;
}

int Serve(const Options& options, const std::stop_token& stop) {
  const auto exporter = Exporter::Create(options);
  if (!exporter) return Refuse(exporter.error());
  const BuildInfo build = GetBuildInfo();
  LogInfo("starting", {{"version", build.version}, {"revision", build.revision}});
  (*exporter)->Start();
  std::binary_semaphore stopped(0);
  const std::stop_callback wake(stop, [&stopped] { stopped.release(); });
  stopped.acquire();
  LogInfo("stopping", {{"signal", g_signal == SIGINT ? "SIGINT" : "SIGTERM"}});
  return EXIT_SUCCESS;
}

int Run(int argc, char** argv, const std::stop_token& stop, const StopSignal& stop_signal) {
  const auto line =
      ParseCommandLine(argc, argv, [](const char* name) { return std::getenv(name); });
  if (!line) return Refuse(line.error());
  if (!line->options) return std::cout << line->text << std::flush ? EXIT_SUCCESS : EXIT_FAILURE;
  SetUpLog(line->options->log_level, line->options->log_format);
  for (const std::string& warning : line->warnings) LogWarn(warning);
  return line->options->once ? RunOnce(*line->options, stop, stop_signal)
                             : Serve(*line->options, stop);
}

}  // namespace
}  // namespace arkouda_exporter

// Everything runs on a thread of its own, so that this one waits for signals whatever blocks there.
int main(int argc, char** argv) {
  using namespace arkouda_exporter;  // NOLINT(google-build-using-namespace)
  OpenStandardStreams();
  // A poll's large buffers go back to the system right after it; the few threads share one heap.
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  mallopt(M_ARENA_MAX, 1);
  StopSignal stop_signal;
  int status = EXIT_SUCCESS;
  std::binary_semaphore finished(0);
  std::jthread work([&](const std::stop_token& stop) {
    status = Run(argc, argv, stop, stop_signal);
    finished.release();
    stop_signal.Cancel();
  });
  g_signal = stop_signal.Wait();
  work.request_stop();
  if (!finished.try_acquire_for(kStopGrace)) _exit(g_status_when_stopped);
  work.join();
  return status;
}
