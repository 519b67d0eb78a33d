#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

#include "test/bench/measure.h"
#include "test/support/certificates.h"
#include "test/support/network.h"
#include "test/support/process.h"
#include "test/support/temp_dir.h"

namespace arkouda_exporter::testing {

/// The program's path, which is looked for where root's programs are, too. Throws NotMeasured where
/// it is missing.
std::string FindProgram(const std::string& name);

/// nginx as a careful administrator would have it serve files, over HTTP and over TLS 1.3: one
/// process, as the exporter has one thread, that logs no requests, keeps connections and open
/// files, and sends them by sendfile. It resumes no TLS sessions, as the exporter does not.
class Nginx {
 public:
  /// Starts it and waits until it answers. `files`: by name, what is in them.
  Nginx(const std::map<std::string, std::string>& files, const Identity& identity);

  std::string Url(const std::string& file) const;
  std::string TlsUrl(const std::string& file) const;
  /// The process that serves.
  pid_t worker() const { return worker_; }

 private:
  const TempDir dir_;
  const FreePort port_;
  const FreePort tls_port_;
  Process process_;
  pid_t worker_ = -1;
};

/// A server under load: where, and whose CPU time is counted.
struct Loaded {
  std::string url;
  pid_t pid = -1;
};

struct Load {
  double per_second = 0;  ///< requests
  Milliseconds cpu{};     ///< of the server, a request
};

/// Puts a server on one core and lets wrk, on another one, ask it for two seconds.
/// `on_new_connections`: each request has its own.
Load MeasureLoad(const Loaded& server, int clients, bool on_new_connections);

}  // namespace arkouda_exporter::testing
