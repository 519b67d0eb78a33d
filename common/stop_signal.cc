#include "common/stop_signal.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace arkouda_exporter {
namespace {

int BlockAndOpen(std::initializer_list<int> also) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  for (const int signal : also) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const int fd = signalfd(-1, &signals, SFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::system_category(), "signalfd");
  return fd;
}

int OpenEventFd() {
  const int fd = eventfd(0, EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::system_category(), "eventfd");
  return fd;
}

}  // namespace

StopSignal::StopSignal(std::initializer_list<int> also)
    : fd_(BlockAndOpen(also)), cancel_fd_(OpenEventFd()) {}

StopSignal::~StopSignal() {
  close(fd_);
  close(cancel_fd_);
}

int StopSignal::Wait() {
  std::array<pollfd, 2> fds = {{{fd_, POLLIN, 0}, {cancel_fd_, POLLIN, 0}}};
  while (poll(fds.data(), fds.size(), -1) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::system_category(), "poll");
  }
  if ((fds[0].revents & POLLIN) == 0) return 0;
  signalfd_siginfo info{};
  if (read(fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) {
    throw std::system_error(errno, std::system_category(), "signalfd");
  }
  return static_cast<int>(info.ssi_signo);
}

void StopSignal::Cancel() const { eventfd_write(cancel_fd_, 1); }

}  // namespace arkouda_exporter
