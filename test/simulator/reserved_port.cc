#include "test/simulator/reserved_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

namespace arkouda_simulator {

tl::expected<ReservedPort, std::string> ReservedPort::Take(const std::string& address,
                                                           std::uint16_t port) {
  const auto failed = [] { return tl::unexpected(std::generic_category().message(errno)); };
  arkouda_exporter::FileDescriptor bound(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!bound) return failed();
  const int yes = 1;
  if (setsockopt(bound.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0) return failed();
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  if (address != "*") inet_pton(AF_INET, address.c_str(), &name.sin_addr);
  socklen_t size = sizeof name;
  auto* const any_name = reinterpret_cast<sockaddr*>(&name);
  if (bind(bound.get(), any_name, size) != 0) return failed();
  if (getsockname(bound.get(), any_name, &size) != 0) return failed();
  return ReservedPort(std::move(bound), ntohs(name.sin_port));
}

}  // namespace arkouda_simulator
