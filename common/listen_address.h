#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace arkouda_exporter {

/// Where to listen. An empty host means every address of the machine, IPv4 and IPv6.
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;  ///< 0: any free one

  /// Reads `:5080`, `127.0.0.1:5080`, `name:5080` or `[::1]:5080`.
  static tl::expected<ListenAddress, std::string> Parse(std::string_view text);

  /// The form that Parse reads.
  std::string ToString() const;
};

/// Reads a port from `least` to 65535.
tl::expected<std::uint16_t, std::string> ParsePort(std::string_view text, std::uint16_t least);

}  // namespace arkouda_exporter
