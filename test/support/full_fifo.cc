#include "test/support/full_fifo.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace arkouda_exporter::testing {

FullFifo::FullFifo() : path_((directory_.path() / "fifo").string()) {
  if (mkfifo(path_.c_str(), 0600) != 0 ||
      (fd_ = open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0) {
    throw std::system_error(errno, std::system_category(), path_);
  }
  const std::string chunk(4096, 'x');
  while (write(fd_, chunk.data(), chunk.size()) > 0) {
  }
}

FullFifo::~FullFifo() { close(fd_); }

}  // namespace arkouda_exporter::testing
