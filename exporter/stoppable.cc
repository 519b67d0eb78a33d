#include "exporter/stoppable.h"

#include <unistd.h>

#include <chrono>
#include <semaphore>
#include <thread>

namespace arkouda_exporter {
namespace {

// How long the end may take: a name lookup or a write to a pipe that is full can't be interrupted.
constexpr std::chrono::milliseconds kStopGrace(400);

}  // namespace

int Stoppable::Run(const std::function<int(Stoppable&)>& work) {
  Stoppable run;
  int status = 0;
  std::binary_semaphore finished(0);
  std::jthread thread([&] {
    status = work(run);
    finished.release();
    run.Finish();
  });
  run.signal_ = run.stop_signal_.Wait();
  run.stop_.request_stop();
  if (!finished.try_acquire_for(kStopGrace)) _exit(run.status_when_late_);
  thread.join();
  return status;
}

}  // namespace arkouda_exporter
