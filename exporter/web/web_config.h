#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "exporter/web/tls_priorities.h"

namespace arkouda_exporter {

/// What is asked of clients' certificates, by Go's names. A certificate that was sent and must be
/// verified is verified in the handshake, by the client's CA and the allowed names.
enum class ClientAuth {
  kNone,              ///< NoClientCert
  kRequest,           ///< RequestClientCert: any or none
  kRequireAny,        ///< RequireAnyClientCert: any, of whoever
  kVerifyIfGiven,     ///< VerifyClientCertIfGiven
  kRequireAndVerify,  ///< RequireAndVerifyClientCert
};

/// Certificates or a key: text in PEM, and what is put in front of what is wrong with it.
struct Pem {
  std::string text;
  std::string origin;  ///< such as "/etc/web.yml:3: tls_server_config.cert_file \"/etc/cert.pem\""

  bool operator==(const Pem&) const = default;
};

struct TlsSettings {
  Pem cert;  ///< the server's, then those between it and its CA
  Pem key;
  std::optional<Pem> client_ca;  ///< there where certificates are verified
  ClientAuth client_auth = ClientAuth::kNone;
  std::vector<std::string> client_allowed_sans;  ///< empty: all; else one must be the client's
  std::string priorities;                        ///< GnuTLS', of versions, suites and curves
  std::string origin;                            ///< put in front of what is wrong with all of it

  bool operator==(const TlsSettings&) const = default;
};

/// A bucket of tokens: a request takes one, and each interval brings one.
struct RateLimit {
  std::chrono::nanoseconds interval{};  ///< above 0
  int burst = 1;                        ///< as many as there is room for, at least 1

  bool operator==(const RateLimit&) const = default;
};

/// A web configuration as Prometheus and its exporters have it: a value in which all that could be
/// checked has been.
struct WebConfig {
  std::optional<TlsSettings> tls;              ///< without: plain HTTP
  std::map<std::string, std::string> headers;  ///< of every answer
  std::map<std::string, std::string> users;    ///< name and bcrypt hash; empty: anybody
  std::optional<RateLimit> rate_limit;
  std::vector<std::string> notes;  ///< lines for the log: what is accepted and without effect

  bool operator==(const WebConfig&) const = default;
};

/// What was read, and from where.
struct LoadedWebConfig {
  /// The error is at least one line and at most 21, each with file, line, key and what would be
  /// right; fit for the log. None shows a key or a hash.
  tl::expected<WebConfig, std::vector<std::string>> config;
  /// The configuration, then each file that it names, also those that can't be read: whoever waits
  /// for a change watches these.
  std::vector<std::string> files;
};

/// Reads a web configuration and the certificates it names, which are relative to its folder; each
/// of them at most 1 MiB. It reads files, so it may block.
///
/// What exporter-toolkit takes is taken. Otherwise than there: an empty file is refused, since it
/// is what a full disk leaves behind ({} is the configuration of nothing), and so is what the
/// toolkit would take and leave without effect, such as versions without a certificate.
LoadedWebConfig LoadWebConfig(const std::string& path);

}  // namespace arkouda_exporter
