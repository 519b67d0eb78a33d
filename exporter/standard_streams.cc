#include "exporter/standard_streams.h"

#include <fcntl.h>
#include <unistd.h>

#include <initializer_list>

namespace arkouda_exporter {

void OpenStandardStreams() {
  // open gives the lowest number that is free.
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) < 0) static_cast<void>(open("/dev/null", O_RDWR));
  }
}

}  // namespace arkouda_exporter
