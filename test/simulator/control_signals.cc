#include "test/simulator/control_signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <system_error>

namespace arkouda_simulator {
namespace {

int BlockAndOpen() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) throw std::system_error(errno, std::system_category(), "signalfd");
  return fd;
}

}  // namespace

ControlSignals::ControlSignals() : fd_(BlockAndOpen()) {}

ControlSignals::~ControlSignals() { close(fd_); }

// Not const, though nothing of this object changes: the signal is taken away.
// NOLINTNEXTLINE(readability-make-member-function-const)
std::optional<int> ControlSignals::Next() {
  signalfd_siginfo info{};
  if (read(fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace arkouda_simulator
