#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace arkouda_exporter {

/// Reads a host: a name, an IPv4 address, or an IPv6 address with or without square brackets, which
/// may have a zone (`fe80::1%eth0`). Gives it without the brackets. The error says what is wrong
/// with `text`, such as "it has a space": whoever knows where the text stands adds what would be
/// right there.
///
/// libzmq and getaddrinfo(3) take everything that this does. The scripts of deploy/workflows have
/// the same rules, in settings.sh and in Hera's checks.py: test/data/hosts.json holds the cases of
/// all three.
tl::expected<std::string, std::string> ParseHost(std::string_view text);

/// Reads a port from `least` to 65535.
tl::expected<std::uint16_t, std::string> ParsePort(std::string_view text, std::uint16_t least);

/// A host and a port: where somebody listens.
struct HostPort {
  std::string host;  ///< as ParseHost gives it; empty: every address of the machine
  std::uint16_t port = 0;

  /// Reads where to connect to: `node1:5556`, `127.0.0.1:5556` or `[fd00::7]:5556`. The error says
  /// what is wrong with `text` and what would be right.
  static tl::expected<HostPort, std::string> Parse(std::string_view text);

  /// Reads where to listen, which may also be `:5080`, every address of the machine, IPv4 and IPv6;
  /// port 0 is any free one.
  static tl::expected<HostPort, std::string> ParseListenAddress(std::string_view text);

  /// The one spelling for all that mean the same: a name in small letters, an IPv6 address as
  /// inet_ntop(3) has it, with its zone as it is; one that stands for an IPv4 address (`::ffff:…`)
  /// as that. A name keeps the root's dot, with which it is looked up otherwise.
  HostPort Canonical() const;

  /// The form that both read.
  std::string ToString() const;

  // clang-tidy 14 takes what the language compares it with for a pointer.
  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend auto operator<=>(const HostPort&, const HostPort&) = default;
};

/// Orders addresses by which server they are of: canonical ones that differ in the root's dot
/// alone, such as `node1:5556` and `node1.:5556`, are the same.
struct LessServer {
  bool operator()(const HostPort& left, const HostPort& right) const;
};

}  // namespace arkouda_exporter
