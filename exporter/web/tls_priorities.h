#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace arkouda_exporter {

enum class TlsVersion { k10, k11, k12, k13 };

/// A version by Go's name, such as TLS12.
std::optional<TlsVersion> TlsVersionOf(std::string_view name);

/// Whether it is Go's name of a cipher suite that Go takes for secure, such as
/// TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.
bool IsCipherSuite(std::string_view name);

/// Whether it is a name of a curve as exporters have them, such as CurveP256.
bool IsCurve(std::string_view name);

/// What a server accepts, in Go's words. The names have passed the functions above.
struct TlsPreferences {
  TlsVersion min_version = TlsVersion::k12;
  TlsVersion max_version = TlsVersion::k13;
  std::vector<std::string> cipher_suites;  ///< the best first; empty: those of the library
  bool prefers_own_suites = true;          ///< the order of the server decides, not the client's
  std::vector<std::string> curves;         ///< the best first; empty: those of the library
};

/// Why the TLS library can't do as it is told.
struct PrioritiesFault {
  std::string_view key;  ///< of the web configuration, such as "cipher_suites"
  std::string reason;
};

/// The same in GnuTLS' words: a priority string. GnuTLS takes key exchanges and ciphers, and makes
/// all suites of them; so what it made is compared with what was asked for, and a difference is a
/// fault. In TLS 1.3 the same ciphers are taken as before it, while Go takes all of its own there.
tl::expected<std::string, PrioritiesFault> PrioritiesOf(const TlsPreferences& preferences);

}  // namespace arkouda_exporter
