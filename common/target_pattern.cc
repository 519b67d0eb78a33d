#include "common/target_pattern.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/ascii.h"

namespace arkouda_exporter {
namespace {

tl::unexpected<std::string_view> Wrong(std::string_view fault) { return tl::unexpected(fault); }

bool Contains(std::string_view text, char c) { return text.find(c) != std::string_view::npos; }

// The bytes of an IPv4 or IPv6 address, without its zone; none when it is not one.
std::vector<std::uint8_t> AddressBytes(std::string_view host) {
  const std::string text(host.substr(0, host.find('%')));
  std::vector<std::uint8_t> bytes(sizeof(in6_addr));
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  bytes.resize(sizeof(in_addr));
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return bytes;
  return {};
}

std::string_view LastLabel(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  return name.substr(name.rfind('.') + 1);  // npos + 1 is 0
}

// Whether a resolver may take it for an IPv4 address, in one of inet_aton(3)'s forms: a host name's
// last label is never a number (RFC 1123, 2.1).
bool EndsInANumber(std::string_view lower) {
  const std::string_view label = LastLabel(lower);
  return label.starts_with("0x") ||
         std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// When they differ behind a `*`, that takes one character more: only the last one needs to, since
// whatever an earlier one could take instead the last one can take, too.
bool MatchesName(std::string_view pattern, std::string_view name) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t at = 0;
  std::size_t after_star = kNone;
  std::size_t star_ends = 0;
  for (std::size_t i = 0; i < name.size();) {
    if (at < pattern.size() && pattern[at] == '*') {
      after_star = ++at;
      star_ends = i;
    } else if (at < pattern.size() && pattern[at] == name[i]) {
      ++at;
      ++i;
    } else if (after_star != kNone && name[star_ends] != '.') {
      at = after_star;
      i = ++star_ends;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == kNone;
}

bool HasPrefix(const std::vector<std::uint8_t>& address, const std::vector<std::uint8_t>& prefix,
               unsigned bits) {
  if (address.size() != prefix.size()) return false;
  const auto whole = static_cast<std::ptrdiff_t>(bits / 8);
  if (!std::equal(prefix.begin(), prefix.begin() + whole, address.begin())) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xffU << (8 - rest) & 0xffU;
  return ((address[bits / 8] ^ prefix[bits / 8]) & mask) == 0;
}

}  // namespace

tl::expected<TargetPattern::Network, std::string_view> TargetPattern::ParseNetwork(
    std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto host = ParseHost(text.substr(0, slash));
  Network network;
  if (host) network.address = AddressBytes(*host);
  if (network.address.empty()) return Wrong("its host is not an address");
  const auto most = static_cast<unsigned>(network.address.size() * 8);
  network.bits = most;
  if (slash == std::string_view::npos) return network;
  const std::string_view bits = text.substr(slash + 1);
  const char* const end = bits.data() + bits.size();
  const auto [rest, error] = std::from_chars(bits.data(), end, network.bits);
  if (error != std::errc() || rest != end || network.bits > most) {
    return Wrong(most == 32 ? "behind the slash there is not a number from 0 to 32"
                            : "behind the slash there is not a number from 0 to 128");
  }
  return network;
}

tl::expected<TargetPattern::Host, std::string_view> TargetPattern::ParseHostPattern(
    std::string_view text) {
  if (text == "*") return AnyHost{};
  if (Contains(text, ':') && !text.starts_with('[')) {
    return Wrong("it has colons outside square brackets");
  }
  if (Contains(text, '/') || text.starts_with('[') || !AddressBytes(text).empty()) {
    return ParseNetwork(text);
  }
  std::string example(text);
  std::replace(example.begin(), example.end(), '*', 'x');
  if (!ParseHost(example)) return Wrong("its host is not one, nor a pattern of names");
  std::string name = ToLower(text);
  // A name of one part, such as node*, is looked up in the site's own domains.
  const bool has_domain = name.find('.') < name.size() - 1;
  if (has_domain && Contains(LastLabel(name), '*')) {
    return Wrong("a * in the last part of its host lets every domain in");
  }
  if (EndsInANumber(name)) {
    return Wrong("its host ends in a number and is not an address");
  }
  return Name{std::move(name)};
}

tl::expected<TargetPattern, std::string> TargetPattern::Parse(std::string_view text) {
  const auto wrong = [](std::string_view fault) {
    return tl::unexpected(std::string(fault) +
                          "; expected HOST:PORT such as node*:5556, *.cluster.local:5556, "
                          "10.1.0.0/16:5556-5655 or [fd00::]/64:*");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.ends_with(']')) return wrong("it has no port");
  TargetPattern pattern;
  if (const std::string_view port = text.substr(colon + 1); port != "*") {
    const std::size_t dash = port.find('-');
    const auto first = ParsePort(port.substr(0, dash), 1);
    const auto last = dash == std::string_view::npos ? first : ParsePort(port.substr(dash + 1), 1);
    if (!first || !last || *first > *last) {
      return wrong("its port is neither a number from 1 to 65535, nor a range of those, nor *");
    }
    pattern.first_port_ = *first;
    pattern.last_port_ = *last;
  }
  auto host = ParseHostPattern(text.substr(0, colon));
  if (!host) return wrong(host.error());
  pattern.host_ = *std::move(host);
  return pattern;
}

bool TargetPattern::Matches(const HostPort& target) const {
  if (target.port < first_port_ || target.port > last_port_) return false;
  if (const auto* network = std::get_if<Network>(&host_)) {
    return HasPrefix(AddressBytes(target.host), network->address, network->bits);
  }
  if (const auto* name = std::get_if<Name>(&host_)) {
    const std::string host = ToLower(target.host);
    return !EndsInANumber(host) && MatchesName(name->pattern, host);
  }
  return true;
}

bool MatchesAny(const std::vector<TargetPattern>& patterns, const HostPort& target) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const TargetPattern& pattern) { return pattern.Matches(target); });
}

}  // namespace arkouda_exporter
