#include "exporter/web/request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "common/ascii.h"

namespace arkouda_exporter {

bool LessIgnoringCase::operator()(std::string_view left, std::string_view right) const {
  return std::lexicographical_compare(
      left.begin(), left.end(), right.begin(), right.end(),
      [](char one, char other) { return ToLower(one) < ToLower(other); });
}

std::optional<std::string> Request::Header(std::string_view name) const {
  std::optional<std::string> value;
  const auto [first, last] = headers.equal_range(name);
  for (auto field = first; field != last; ++field) {
    value = value ? *value + ", " + field->second : field->second;
  }
  return value;
}

std::string ClientAt(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address != nullptr && address->sa_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, address, sizeof ipv4);
    inet_ntop(AF_INET, &ipv4.sin_addr, text.data(), text.size());
  } else if (address != nullptr && address->sa_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, address, sizeof ipv6);
    auto& bytes = ipv6.sin6_addr.s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&ipv6.sin6_addr)) {
      inet_ntop(AF_INET, &bytes[12], text.data(), text.size());
    } else {
      std::memset(&bytes[8], 0, 8);
      inet_ntop(AF_INET6, &ipv6.sin6_addr, text.data(), text.size());
    }
  }
  return text.data();
}

}  // namespace arkouda_exporter
