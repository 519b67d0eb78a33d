#include "exporter/listen_address.h"

#include <charconv>

namespace arkouda_exporter {

tl::expected<ListenAddress, std::string> ListenAddress::Parse(std::string_view text) {
  const auto wrong = [] {
    return tl::unexpected(
        std::string("expected HOST:PORT such as :5080, 127.0.0.1:5080 or [::1]:5080"));
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong();
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (is_bracketed) host = host.substr(1, host.size() - 2);
  const bool has_colon = host.find(':') != std::string_view::npos;
  if (has_colon != is_bracketed || host.find_first_of("[]/ ") != std::string_view::npos) {
    return wrong();
  }
  const auto port = ParsePort(text.substr(colon + 1), 0);
  if (!port) return wrong();
  return ListenAddress{.host = std::string(host), .port = *port};
}

std::string ListenAddress::ToString() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

tl::expected<std::uint16_t, std::string> ParsePort(std::string_view text, std::uint16_t least) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || rest != end || port < least) {
    return tl::unexpected("expected a port from " + std::to_string(least) + " to 65535");
  }
  return port;
}

}  // namespace arkouda_exporter
