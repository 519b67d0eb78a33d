#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace arkouda_exporter::testing {

/// A TCP port of 127.0.0.1 that nobody else is given as long as this lives. Connecting to it is
/// refused, until the test lets a program listen there (whose listener must set SO_REUSEADDR, as
/// libzmq, libmicrohttpd and Go do).
class FreePort {
 public:
  FreePort();
  ~FreePort();
  FreePort(const FreePort&) = delete;
  FreePort& operator=(const FreePort&) = delete;

  std::uint16_t number() const { return number_; }

 private:
  const int fd_;  // bound, so that the kernel gives the port to nobody; never listening
  const std::uint16_t number_;
};

/// A listener on 127.0.0.1 whose connections are established, by the kernel, but never read nor
/// answered, unless the test accepts one.
class MuteListener {
 public:
  MuteListener();
  ~MuteListener();
  MuteListener(const MuteListener&) = delete;
  MuteListener& operator=(const MuteListener&) = delete;

  std::uint16_t port() const { return port_; }
  /// Whether a client's connection waits to be accepted.
  bool HasClient() const;
  /// Waits for a connection and returns it, which is the caller's to close. Fails the test, and
  /// returns -1, when there is none in time.
  int Accept() const;

 private:
  const int fd_;
  const std::uint16_t port_;
};

/// A bare TCP connection to 127.0.0.1, for clients that behave as curl wouldn't.
class TcpClient {
 public:
  /// Connects with a receive buffer so small that a big answer can't go away into the kernel.
  explicit TcpClient(std::uint16_t port);
  ~TcpClient();
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;

  void Send(std::string_view bytes) const;
  /// The same, of a client that may have been sent away.
  void TrySend(std::string_view bytes) const;
  /// Whether the other end has closed the connection.
  bool IsSentAway() const;
  /// Whether something has arrived, which stays unread.
  bool HasData() const;

 private:
  const int fd_;
};

/// Whether this machine has ::1.
bool HasIpv6Loopback();

}  // namespace arkouda_exporter::testing
