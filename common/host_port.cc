#include "common/host_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "common/ascii.h"

namespace arkouda_exporter {
namespace {

constexpr std::size_t kLongestName = 253;  // RFC 1035, as text and without the root's dot
constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestZone = 15;  // an interface's name on Linux

bool IsLetterOrDigit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool IsOfLabel(char c) { return IsLetterOrDigit(c) || c == '-' || c == '_'; }

bool IsOfName(char c) { return IsOfLabel(c) || c == '.'; }

bool IsControl(char c) { return (c >= 0 && c < ' ') || c == 0x7f; }

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// What is wrong with text that shows where it comes from, or empty.
std::string_view FindOrigin(std::string_view text) {
  if (text.empty()) return "it is empty";
  if (text.find_first_of("\"'") != std::string_view::npos) {
    return "the quotes are part of it, as some environment files keep them";
  }
  if (text.find_first_of("${}") != std::string_view::npos) {
    return "it has a variable that nothing has replaced with its value";
  }
  if (Contains(text, "\\")) return "it has a backslash";
  if (text.back() == '\r') return "it ends with a carriage return, as lines of Windows do";
  if (std::any_of(text.begin(), text.end(), [](char c) { return c == ' ' || IsControl(c); })) {
    return "it has a space or a control character";
  }
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x80; })) {
    return "it has characters outside ASCII";
  }
  if (Contains(text, "://")) return "it is a URL";
  if (text.find_first_of(",;") != std::string_view::npos) return "it is a list";
  if (Contains(text, "/")) return "it has a slash";
  return {};
}

bool IsIpv6Address(std::string_view text) {
  const std::size_t percent = text.find('%');
  if (percent != std::string_view::npos) {
    const std::string_view zone = text.substr(percent + 1);
    if (zone.empty() || zone.size() > kLongestZone ||
        !std::all_of(zone.begin(), zone.end(), IsOfName)) {
      return false;
    }
  }
  in6_addr address{};
  return inet_pton(AF_INET6, std::string(text.substr(0, percent)).c_str(), &address) == 1;
}

// What is wrong with a text that has no colon and no bracket, or empty.
std::string_view FindFaultOfName(std::string_view name) {
  if (!std::all_of(name.begin(), name.end(), IsOfName)) {
    return "it has characters other than letters, digits, dots, hyphens and underscores";
  }
  if (name.back() == '.') name.remove_suffix(1);
  if (name.size() > kLongestName) return "it is longer than 253 characters";
  std::string_view rest = name;
  while (true) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (label.empty()) return "it has a dot with nothing before it";
    if (label.size() > kLongestLabel) return "a part of it is longer than 63 characters";
    if (label.front() == '-' || label.back() == '-') {
      return "a part of it begins or ends with a hyphen";
    }
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (!IsLetterOrDigit(name.front())) return "it does not begin with a letter or a digit";
  return {};
}

// Where the port begins, if there is one: `[::1]` has none, though it has colons.
std::size_t FindPortsColon(std::string_view text) {
  return text.ends_with(']') ? std::string_view::npos : text.rfind(':');
}

// Whether a host has colons and no brackets, so that nobody can tell which of them is the port's.
bool HasBareColon(std::string_view host) { return Contains(host, ":") && host.front() != '['; }

tl::unexpected<std::string> Wrong(std::string_view fault) {
  return tl::unexpected(std::string(fault));
}

}  // namespace

tl::expected<std::string, std::string> ParseHost(std::string_view text) {
  if (const std::string_view origin = FindOrigin(text); !origin.empty()) return Wrong(origin);
  const bool is_bracketed = text.front() == '[' && text.back() == ']';
  const std::string_view host = is_bracketed ? text.substr(1, text.size() - 2) : text;
  if (is_bracketed && IsIpv6Address(host)) return std::string(host);
  if (Contains(text, "]:") || std::count(text.begin(), text.end(), ':') == 1) {
    return Wrong("it has a port");
  }
  if (text.find_first_of("[]") != std::string_view::npos) {
    return Wrong("it has square brackets, which are for an IPv6 address");
  }
  if (Contains(text, ":")) {
    if (!IsIpv6Address(text)) return Wrong("it has colons and is not an IPv6 address");
  } else if (const std::string_view fault = FindFaultOfName(text); !fault.empty()) {
    return Wrong(fault);
  }
  return std::string(text);
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

tl::expected<HostPort, std::string> HostPort::Parse(std::string_view text) {
  const auto wrong = [](std::string_view fault) {
    return tl::unexpected(std::string(fault) +
                          "; expected HOST:PORT such as node1:5556 or [fd00::7]:5556");
  };
  if (const std::string_view origin = FindOrigin(text); !origin.empty()) return wrong(origin);
  const std::size_t colon = FindPortsColon(text);
  if (colon == std::string_view::npos) return wrong("it has no port");
  const std::string_view host_text = text.substr(0, colon);
  if (host_text.empty()) return wrong("it has no host");
  if (HasBareColon(host_text)) return wrong("it has colons outside square brackets");
  auto host = ParseHost(host_text);
  if (!host) return wrong(host.error());
  const auto port = ParsePort(text.substr(colon + 1), 1);
  if (!port) return wrong("its port is not a number from 1 to 65535");
  return HostPort{.host = *std::move(host), .port = *port};
}

tl::expected<HostPort, std::string> HostPort::ParseListenAddress(std::string_view text) {
  const std::string expected = "expected HOST:PORT such as :5080, 127.0.0.1:5080 or [::1]:5080";
  const std::size_t colon = FindPortsColon(text);
  if (colon == std::string_view::npos) return tl::unexpected(expected);
  const std::string_view host_text = text.substr(0, colon);
  const auto port = ParsePort(text.substr(colon + 1), 0);
  if (!port || HasBareColon(host_text)) return tl::unexpected(expected);
  if (host_text.empty()) return HostPort{.host = "", .port = *port};
  auto host = ParseHost(host_text);
  if (!host) return tl::unexpected(std::move(host).error() + "; " + expected);
  return HostPort{.host = *std::move(host), .port = *port};
}

HostPort HostPort::Canonical() const {
  const std::size_t zone = std::min(host.find('%'), host.size());
  in6_addr ipv6{};
  if (inet_pton(AF_INET6, host.substr(0, zone).c_str(), &ipv6) != 1) {
    return {.host = ToLower(host), .port = port};
  }
  if (IN6_IS_ADDR_V4MAPPED(&ipv6) && zone == host.size()) {
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &ipv6.s6_addr[12], text.data(), text.size());
    return {.host = text.data(), .port = port};
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &ipv6, text.data(), text.size());
  return {.host = text.data() + host.substr(zone), .port = port};
}

std::string HostPort::ToString() const {
  const bool is_ipv6 = host.find(':') != std::string::npos;
  return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

bool LessServer::operator()(const HostPort& left, const HostPort& right) const {
  const auto key = [](const HostPort& address) {
    std::string_view host = address.host;
    if (host.ends_with('.')) host.remove_suffix(1);
    return std::pair(host, address.port);
  };
  return key(left) < key(right);
}

}  // namespace arkouda_exporter
