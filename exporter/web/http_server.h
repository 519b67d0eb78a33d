#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "common/file_descriptor.h"
#include "common/host_port.h"
#include "exporter/web/handler.h"
#include "exporter/web/tls_credentials.h"

struct MHD_Daemon;
struct addrinfo;

namespace arkouda_exporter {

/// A TCP socket that listens, so that a port in use is found out before anything is started.
class Listener {
 public:
  /// One for each address that the name stands for (`localhost` is two), all on the same port.
  /// Those that this machine does not have, such as ::1 where there is no IPv6, are passed over as
  /// long as there is another. The error says why the address can't be listened on.
  static tl::expected<std::vector<Listener>, std::string> Open(const HostPort& address);

  /// Whether systemd has opened sockets for this process and handed them over (sd_listen_fds(3)),
  /// by the variables LISTEN_PID and LISTEN_FDS.
  static bool AreHandedOver();

  /// Those. To be called once. The error says what is wrong with them.
  static tl::expected<std::vector<Listener>, std::string> FromSystemd();

  /// The address that it got, with the port that the system chose for 0.
  std::string Address() const;

  /// Hands the socket over.
  FileDescriptor Release() { return std::move(fd_); }

 private:
  explicit Listener(FileDescriptor fd) : fd_(std::move(fd)) {}
  static tl::expected<std::vector<Listener>, std::string> OpenName(const HostPort& address);
  /// The error is errno's.
  static tl::expected<std::vector<Listener>, int> OpenEach(const addrinfo* found);

  FileDescriptor fd_;
};

/// Serves one listening socket from one thread of its own, by epoll: clients that are slow or
/// silent hold up nobody. There are up to `most_connections` at once, and whoever has kept the
/// server waiting longest makes room for the next one (Clients). An idle one is left after 10
/// seconds. At most half of them may wait for answers that come later, so that others are still
/// served: the next one that would wait is told 503. The only part that knows the HTTP library
/// (libmicrohttpd).
class HttpServer {
 public:
  /// What the next handshake takes; called on the server's thread, and never without credentials.
  using Credentials = std::function<std::shared_ptr<const TlsCredentials>()>;

  /// Starts serving: over TLS where there are `credentials`, else in plain text. `handler` is
  /// called on the server's thread. Throws std::runtime_error when the library can't start.
  HttpServer(Listener listener, Handler handler, unsigned most_connections,
             Credentials credentials = nullptr);

  /// Ends open connections, also in the middle of a response or while they wait for one, and the
  /// thread. What is answered later goes nowhere.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

 private:
  class Exchange;
  class Exchanges;
  class Handshakes;

  void Run(const std::stop_token& stop);

  const std::unique_ptr<Exchanges> exchanges_;
  const FileDescriptor listening_;
  MHD_Daemon* const daemon_;
  std::jthread thread_;
};

}  // namespace arkouda_exporter
