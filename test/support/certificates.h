#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace arkouda_exporter::testing {

/// A certificate and its key, both in PEM.
struct Identity {
  std::string certificate;
  std::string key;
};

/// What a certificate of a test says.
struct Wanted {
  std::string_view name;  ///< the common name
  bool is_ca = false;
  const Identity* issuer = nullptr;  ///< nullptr: signed by its own key
  std::vector<std::string> dns_names;
  std::vector<std::string> uris;
  std::vector<std::string> emails;
  std::vector<std::string> addresses;  ///< of four or sixteen bytes
  bool is_expired = false;             ///< since yesterday
  bool is_for_servers_alone = false;   ///< else it is for clients, too
};

/// Makes one with a new key, for elliptic curves. A failure ends the program.
Identity MakeIdentity(const Wanted& wanted);

}  // namespace arkouda_exporter::testing
