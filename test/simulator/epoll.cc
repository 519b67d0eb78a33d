#include "test/simulator/epoll.h"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace arkouda_simulator {
namespace {

std::system_error Failed(const char* what) { return {errno, std::generic_category(), what}; }

}  // namespace

Epoll::Epoll() : fd_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!fd_) throw Failed("epoll_create1");
}

// Neither is const, though nothing of this object changes: the kernel's does.
// NOLINTNEXTLINE(readability-make-member-function-const)
void Epoll::Add(int fd, std::size_t owner) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = owner}};
  if (epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) != 0) throw Failed("epoll_ctl");
}

// NOLINTNEXTLINE(readability-make-member-function-const)
void Epoll::Remove(int fd) {
  if (epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, nullptr) != 0) throw Failed("epoll_ctl");
}

// NOLINTNEXTLINE(readability-make-member-function-const)
std::vector<std::size_t> Epoll::Wait(std::optional<std::chrono::milliseconds> at_most) {
  std::array<epoll_event, 256> events{};
  const int timeout = at_most ? static_cast<int>(at_most->count()) : -1;
  const int count = epoll_wait(fd_.get(), events.data(), events.size(), timeout);
  if (count < 0 && errno != EINTR) throw Failed("epoll_wait");
  std::vector<std::size_t> owners;
  for (int i = 0; i < count; ++i) owners.push_back(events[static_cast<std::size_t>(i)].data.u64);
  return owners;
}

}  // namespace arkouda_simulator
