#include "test/support/notify_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>

namespace arkouda_exporter::testing {
namespace {

FileDescriptor Bound(const std::string& variable) {
  FileDescriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, variable.data(),
              std::min(variable.size(), sizeof address.sun_path));
  if (variable.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + variable.size());
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    throw std::system_error(errno, std::generic_category(), "bind " + variable);
  }
  return fd;
}

}  // namespace

NotifySocket::NotifySocket(const std::string& abstract_name)
    : variable_(abstract_name.empty() ? (directory_.path() / "notify").string()
                                      : "@" + abstract_name),
      fd_(Bound(variable_)) {}

const std::vector<std::string>& NotifySocket::Told() {
  std::array<char, 4096> buffer{};
  while (true) {
    const auto size = recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (size < 0) return told_;
    told_.emplace_back(buffer.data(), static_cast<std::size_t>(size));
  }
}

}  // namespace arkouda_exporter::testing
