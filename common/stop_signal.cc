#include "common/stop_signal.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace arkouda_exporter {
namespace {

FileDescriptor BlockAndOpen(std::initializer_list<int> also) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  for (const int signal : also) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  FileDescriptor fd(signalfd(-1, &signals, SFD_CLOEXEC));
  if (!fd) throw std::system_error(errno, std::system_category(), "signalfd");
  return fd;
}

}  // namespace

StopSignal::StopSignal(std::initializer_list<int> also) : fd_(BlockAndOpen(also)) {}

int StopSignal::Wait() {
  std::array<pollfd, 2> fds = {{{fd(), POLLIN, 0}, {cancelled_.fd(), POLLIN, 0}}};
  while (poll(fds.data(), fds.size(), -1) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::system_category(), "poll");
  }
  if ((fds[0].revents & POLLIN) == 0) return 0;
  signalfd_siginfo info{};
  if (read(fd(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
    throw std::system_error(errno, std::system_category(), "signalfd");
  }
  return static_cast<int>(info.ssi_signo);
}

}  // namespace arkouda_exporter
