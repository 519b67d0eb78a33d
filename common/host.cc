#include "common/host.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

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
  if (std::any_of(text.begin(), text.end(), [](char c) { return c < 0; })) {
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

}  // namespace arkouda_exporter
