#include "common/listen_address.h"

#include <charconv>

#include "common/host.h"

namespace arkouda_exporter {

tl::expected<ListenAddress, std::string> ListenAddress::Parse(std::string_view text) {
  const std::string expected = "expected HOST:PORT such as :5080, 127.0.0.1:5080 or [::1]:5080";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return tl::unexpected(expected);
  const std::string_view host_text = text.substr(0, colon);
  const auto port = ParsePort(text.substr(colon + 1), 0);
  if (!port) return tl::unexpected(expected);
  if (host_text.empty()) return ListenAddress{.host = "", .port = *port};
  const bool has_colon = host_text.find(':') != std::string_view::npos;
  if (has_colon && host_text.front() != '[') return tl::unexpected(expected);
  auto host = ParseHost(host_text);
  if (!host) return tl::unexpected(std::move(host).error() + "; " + expected);
  return ListenAddress{.host = *std::move(host), .port = *port};
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
