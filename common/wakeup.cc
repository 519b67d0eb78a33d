#include "common/wakeup.h"

#include <sys/eventfd.h>

#include <cerrno>
#include <system_error>

namespace arkouda_exporter {

// write(2) and read(2), and not eventfd_write(3): ThreadSanitizer knows the order that they make.
// They fail where there is nothing to do, at a full counter and at an empty one.

Wakeup::Wakeup() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_) throw std::system_error(errno, std::system_category(), "eventfd");
}

void Wakeup::Notify() const {
  const eventfd_t one = 1;
  [[maybe_unused]] const ssize_t written = write(fd_.get(), &one, sizeof one);
}

void Wakeup::Drain() const {
  eventfd_t count = 0;
  [[maybe_unused]] const ssize_t taken = read(fd_.get(), &count, sizeof count);
}

}  // namespace arkouda_exporter
