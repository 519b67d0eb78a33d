#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "common/host_port.h"

namespace arkouda_exporter {

/// Which targets may be asked for, as HOST:PORT. The host is one of
///   - a name in which each `*` stands for any characters but a dot: `node*`, `*.cluster.local`
///   - an address or a network: `10.1.2.3`, `10.1.0.0/16`, `[fd00::]/64`
///   - `*`, any host
/// and the port is a number, a range such as `5556-5655`, or `*`.
///
/// A name never matches what a resolver takes for an address, however that is written (`127.1`,
/// `0x7f000001`), and a network never matches a name: whoever has `10.evil.example` gains nothing
/// by it. Matching takes no more time than the lengths of both multiplied. What a name stands for
/// is not looked at: who lets names in trusts those who serve them.
class TargetPattern {
 public:
  /// The error says what is wrong with `text` and what would be right.
  static tl::expected<TargetPattern, std::string> Parse(std::string_view text);

  /// Names are the same in capitals and in small letters.
  bool Matches(const HostPort& target) const;

 private:
  struct AnyHost {};
  struct Name {
    std::string pattern;  // in small letters
  };
  struct Network {
    std::vector<std::uint8_t> address;  // 4 or 16 bytes
    unsigned bits = 0;                  // of them that must be the same
  };
  using Host = std::variant<AnyHost, Name, Network>;

  static tl::expected<Host, std::string_view> ParseHostPattern(std::string_view text);
  static tl::expected<Network, std::string_view> ParseNetwork(std::string_view text);

  Host host_;
  std::uint16_t first_port_ = 0;
  std::uint16_t last_port_ = std::numeric_limits<std::uint16_t>::max();
};

bool MatchesAny(const std::vector<TargetPattern>& patterns, const HostPort& target);

}  // namespace arkouda_exporter
