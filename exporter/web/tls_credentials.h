#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "exporter/web/web_config.h"

struct gnutls_session_int;

namespace arkouda_exporter {

/// What a server shows and asks of its clients in the handshakes of TLS, as GnuTLS takes it. It
/// never changes, so that sessions of all threads share one; a new configuration makes a new one,
/// and the sessions that have begun keep theirs.
class TlsCredentials {
 public:
  /// The error is one line for each thing that is wrong, as LoadWebConfig has them. No line shows a
  /// key.
  static tl::expected<std::shared_ptr<const TlsCredentials>, std::vector<std::string>> Make(
      const TlsSettings& settings);

  ~TlsCredentials();
  TlsCredentials(const TlsCredentials&) = delete;
  TlsCredentials& operator=(const TlsCredentials&) = delete;

  /// Sets all of it on a session of a server before its handshake, in place of what was set there,
  /// and takes its gnutls_session_set_ptr. The caller keeps this object until the session is gone.
  ///
  /// A certificate that the settings refuse ends the handshake: the client is told by an alert, and
  /// the log at its most talkative. One that is not there does not,
  /// even where it is required: `Admits` tells, so that a request may be let in all the same.
  void ApplyTo(gnutls_session_int* session) const;

  /// What is wrong with the server's own certificate at that time, as a line for the log: that it
  /// has expired, or is not valid yet. nullopt: nothing.
  std::optional<std::string> FindFaultAt(std::chrono::system_clock::time_point time) const;

  /// Whether the client of a session has the certificate that the settings require, if they do.
  /// False before the end of the handshake.
  bool Admits(gnutls_session_int* session) const;

 private:
  class Maker;
  struct Parts;
  explicit TlsCredentials(std::unique_ptr<const Parts> parts);

  static int Verify(gnutls_session_int* session);

  const std::unique_ptr<const Parts> parts_;
};

}  // namespace arkouda_exporter
