#include "exporter/process/stoppable.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>
#include <thread>

#include "exporter/process/resources.h"

namespace arkouda_exporter {
namespace {

// How long the end may take: a name lookup or a write to a pipe that is full can't be interrupted.
constexpr std::chrono::milliseconds kStopGrace(400);

}  // namespace

int Stoppable::Run(const std::function<int(Stoppable&)>& work) {
  // A file that reaches its limit is an error like any other.
  for (const int signal : {SIGUSR1, SIGUSR2, SIGXFSZ}) {
    static_cast<void>(std::signal(signal, SIG_IGN));
  }
  constexpr Resources kNeeded = {.threads = 1, .descriptors = 2};
  if (const auto enough = TryResources(kNeeded); !enough) throw std::runtime_error(enough.error());
  Stoppable run;
  int status = 0;
  std::binary_semaphore finished(0);
  std::jthread thread([&] {
    EndOnException("", [&] { status = work(run); });
    finished.release();
    run.Finish();
  });
  int signal = run.stop_signal_.Wait();
  while (signal == SIGHUP) {
    run.signals_.release();
    signal = run.stop_signal_.Wait();
  }
  run.signal_ = signal;
  run.stop_.request_stop();
  run.signals_.release();
  if (!finished.try_acquire_for(kStopGrace)) _exit(run.status_when_late_);
  thread.join();
  return status;
}

void Stoppable::AwaitStop(const std::function<void()>& on_hangup) {
  while (true) {
    signals_.acquire();
    while (signals_.try_acquire()) {
    }
    if (stop_.stop_requested()) return;
    on_hangup();
  }
}

void EndOnException(std::string_view context, const std::function<void()>& work) {
  const auto end = [&](const char* why) {
    std::cerr << "prometheus-arkouda-exporter: " << context << why << std::endl;
    _exit(EXIT_FAILURE);
  };
  try {
    work();
  } catch (const std::bad_alloc&) {
    end("not enough memory");
  } catch (const std::exception& error) {
    end(error.what());
  }
}

}  // namespace arkouda_exporter
