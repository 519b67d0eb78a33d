#include "exporter/process/healthcheck.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "common/durations.h"
#include "common/file_descriptor.h"
#include "common/host_port.h"
#include "common/quote.h"
#include "common/wakeup.h"
#include "exporter/web/health.h"

// One request to one's own machine, by bare sockets: libcurl and cpp-httplib would bring OpenSSL
// and more into a process that is to stay below 12 MiB.

namespace arkouda_exporter {
namespace {

using Outcome = tl::expected<void, std::string>;

constexpr std::chrono::seconds kDeadline(3);  // of all waits together
constexpr std::size_t kMostBytes = 1024;      // of a status line, which needs 15

tl::unexpected<std::string> Failed(int error) {
  return tl::unexpected(std::string(std::strerror(error)));
}

FileDescriptor OpenTimer() {
  FileDescriptor timer(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
  if (!timer) throw std::system_error(errno, std::system_category(), "timerfd");
  return timer;
}

// What ends every wait of a check: the deadline, which runs from here on, and the interruption.
class Waits {
 public:
  explicit Waits(const std::stop_token& stop)
      : timer_(OpenTimer()), interrupt_(stop, [this] { interruption_.Notify(); }) {
    itimerspec once{};
    once.it_value.tv_sec = kDeadline.count();
    timerfd_settime(timer_.get(), 0, &once, nullptr);
  }

  // Waits until `fd` is ready for `events`, which are poll(2)'s.
  Outcome Await(int fd, decltype(pollfd::events) events) const {
    std::array<pollfd, 3> fds = {
        {{fd, events, 0}, {timer_.get(), POLLIN, 0}, {interruption_.fd(), POLLIN, 0}}};
    while (poll(fds.data(), fds.size(), -1) < 0) {
      if (errno != EINTR) return Failed(errno);
    }
    if (fds[0].revents != 0) return {};
    if (fds[2].revents != 0) return tl::unexpected(std::string("interrupted"));
    return tl::unexpected("no answer within " + FormatDuration(kDeadline));
  }

 private:
  const FileDescriptor timer_;
  const Wakeup interruption_;
  const std::stop_callback<std::function<void()>> interrupt_;
};

// Where a client on this machine finds whoever listens on `address`.
HostPort FromInside(HostPort address) {
  in_addr ipv4{};
  in6_addr ipv6{};
  if (address.host.empty()) {
    address.host = "127.0.0.1";  // it listens on IPv4 and IPv6, if there is any
  } else if (inet_pton(AF_INET, address.host.c_str(), &ipv4) == 1) {
    if (ipv4.s_addr == htonl(INADDR_ANY)) address.host = "127.0.0.1";
  } else if (inet_pton(AF_INET6, address.host.c_str(), &ipv6) == 1) {
    if (IN6_IS_ADDR_UNSPECIFIED(&ipv6)) address.host = "::1";
  }
  return address;
}

struct Peer {
  sockaddr_storage address{};
  socklen_t length = 0;
};

// getaddrinfo(3) can't be interrupted. So it has a thread of its own, which shares this with
// whoever waits for it, and which ends with the process at the latest.
struct Lookup {
  explicit Lookup(HostPort name_in) : name(std::move(name_in)) {}

  const HostPort name;
  const Wakeup done;
  // Written before `done` is notified, read once it is drained.
  int error = 0;
  std::vector<Peer> peers;

  void Run() {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    error = getaddrinfo(name.host.c_str(), std::to_string(name.port).c_str(), &hints, &found);
    for (const addrinfo* each = found; error == 0 && each != nullptr; each = each->ai_next) {
      Peer& peer = peers.emplace_back();
      std::memcpy(&peer.address, each->ai_addr, each->ai_addrlen);
      peer.length = each->ai_addrlen;
    }
    if (error == 0) freeaddrinfo(found);
    done.Notify();
  }
};

tl::expected<std::vector<Peer>, std::string> Find(const HostPort& name, const Waits& waits) {
  const auto lookup = std::make_shared<Lookup>(name);
  std::thread([lookup] { lookup->Run(); }).detach();
  if (auto found = waits.Await(lookup->done.fd(), POLLIN); !found) {
    return tl::unexpected(std::move(found).error());
  }
  lookup->done.Drain();
  if (lookup->error != 0) return tl::unexpected(std::string(gai_strerror(lookup->error)));
  return lookup->peers;
}

tl::expected<FileDescriptor, std::string> Connect(const Peer& peer, const Waits& waits) {
  FileDescriptor socket(
      ::socket(peer.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return Failed(errno);
  const auto* const address = reinterpret_cast<const sockaddr*>(&peer.address);
  if (connect(socket.get(), address, peer.length) == 0) return socket;
  if (errno != EINPROGRESS) return Failed(errno);
  if (auto ready = waits.Await(socket.get(), POLLOUT); !ready) {
    return tl::unexpected(std::move(ready).error());
  }
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) return Failed(error);
  return socket;
}

// A connection to the first of the addresses that takes one: not every machine has all that
// `localhost` stands for. The error is the last one's.
tl::expected<FileDescriptor, std::string> ConnectToOneOf(const std::vector<Peer>& peers,
                                                         const Waits& waits) {
  tl::expected<FileDescriptor, std::string> socket = tl::unexpected(std::string("no address"));
  for (const Peer& peer : peers) {
    socket = Connect(peer, waits);
    if (socket) break;
  }
  return socket;
}

// TLS on a connection. It is this machine's exporter that is asked, and for one word: whose
// certificate it has does not matter.
class Tls {
 public:
  Tls() {
    gnutls_certificate_credentials_t credentials = nullptr;
    Require(gnutls_certificate_allocate_credentials(&credentials));
    credentials_.reset(credentials);
    gnutls_session_t session = nullptr;
    Require(gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL));
    session_.reset(session);
    Require(gnutls_set_default_priority(session));
    Require(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials));
  }

  // The error is GnuTLS', unless it had to be waited for too long.
  Outcome Shake(int socket, const Waits& waits) {
    gnutls_transport_set_int(session_.get(), socket);
    return Finish(socket, waits, [this] { return gnutls_handshake(session_.get()); });
  }

  Outcome Send(int socket, std::string_view bytes, const Waits& waits) {
    return Finish(socket, waits,
                  [&] { return gnutls_record_send(session_.get(), bytes.data(), bytes.size()); });
  }

  tl::expected<std::size_t, std::string> Receive(int socket, char* to, std::size_t size,
                                                 const Waits& waits) {
    ssize_t count = 0;
    const Outcome finished = Finish(socket, waits, [&] {
      count = gnutls_record_recv(session_.get(), to, size);
      // Whoever closes the connection need not say so first.
      if (count == GNUTLS_E_PREMATURE_TERMINATION) count = 0;
      return count;
    });
    if (!finished) return tl::unexpected(finished.error());
    return static_cast<std::size_t>(count);
  }

 private:
  struct Free {
    void operator()(gnutls_certificate_credentials_t credentials) const {
      gnutls_certificate_free_credentials(credentials);
    }
    void operator()(gnutls_session_t session) const { gnutls_deinit(session); }
  };

  static void Require(int status) {
    if (status < 0) throw std::runtime_error(std::string("TLS: ") + gnutls_strerror(status));
  }

  // Does something again until it needs no more waiting.
  template <typename Step>
  Outcome Finish(int socket, const Waits& waits, const Step& step) {
    while (true) {
      const auto status = step();
      if (status >= 0) return {};
      if (gnutls_error_is_fatal(static_cast<int>(status)) != 0) {
        return tl::unexpected(std::string("TLS: ") + gnutls_strerror(static_cast<int>(status)));
      }
      if (status != GNUTLS_E_AGAIN) continue;  // interrupted, or warned
      const bool writes = gnutls_record_get_direction(session_.get()) == 1;
      if (auto ready = waits.Await(socket, writes ? POLLOUT : POLLIN); !ready) return ready;
    }
  }

  std::unique_ptr<std::remove_pointer_t<gnutls_certificate_credentials_t>, Free> credentials_;
  std::unique_ptr<std::remove_pointer_t<gnutls_session_t>, Free> session_;
};

// A connection over which one request goes, over TLS or in plain text.
class Channel {
 public:
  Channel(FileDescriptor socket, const Waits& waits) : socket_(std::move(socket)), waits_(waits) {}

  Outcome StartTls() { return tls_.emplace().Shake(socket_.get(), waits_); }

  Outcome Send(std::string_view bytes) {
    if (tls_) return tls_->Send(socket_.get(), bytes, waits_);
    // A new connection's buffer has room for all of it.
    if (send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return Failed(errno);
    return {};
  }

  // None: the peer has closed.
  tl::expected<std::string, std::string> Receive() {
    std::array<char, kMostBytes> bytes{};
    if (tls_) {
      const auto count = tls_->Receive(socket_.get(), bytes.data(), bytes.size(), waits_);
      if (!count) return tl::unexpected(count.error());
      return std::string(bytes.data(), *count);
    }
    if (auto ready = waits_.Await(socket_.get(), POLLIN); !ready) {
      return tl::unexpected(std::move(ready).error());
    }
    const ssize_t count = recv(socket_.get(), bytes.data(), bytes.size(), 0);
    if (count < 0) return Failed(errno);
    return std::string(bytes.data(), static_cast<std::size_t>(count));
  }

 private:
  const FileDescriptor socket_;
  const Waits& waits_;
  std::optional<Tls> tls_;
};

// The first line that the peer answers, or what there was of it when the peer closed.
tl::expected<std::string, std::string> ReceiveLine(Channel& channel) {
  std::string received;
  while (received.size() < kMostBytes) {
    auto bytes = channel.Receive();
    if (!bytes) return bytes;
    if (bytes->empty()) break;
    received += *bytes;
    if (const std::size_t end = received.find("\r\n"); end != std::string::npos) {
      return received.substr(0, end);
    }
  }
  return received;
}

tl::expected<std::string, std::string> Ask(const HostPort& name, bool over_tls,
                                           const Waits& waits) {
  const auto peers = Find(name, waits);
  if (!peers) return tl::unexpected(peers.error());
  auto socket = ConnectToOneOf(*peers, waits);
  if (!socket) return tl::unexpected(socket.error());
  Channel channel(*std::move(socket), waits);
  if (over_tls) {
    if (auto started = channel.StartTls(); !started) return tl::unexpected(started.error());
  }
  const std::string request = "GET " + std::string(kHealthyPath) +
                              " HTTP/1.1\r\nHost: " + name.ToString() +
                              "\r\nConnection: close\r\n\r\n";
  if (auto sent = channel.Send(request); !sent) return tl::unexpected(sent.error());
  return ReceiveLine(channel);
}

bool IsOk(std::string_view status_line) {
  constexpr std::size_t kStatusAt = std::string_view("HTTP/1.1").size();
  return status_line.starts_with("HTTP/1.") && status_line.size() > kStatusAt &&
         (std::string(status_line.substr(kStatusAt)) + " ").starts_with(" 200 ");
}

}  // namespace

tl::expected<void, std::string> CheckHealth(const WebSettings& web, const std::stop_token& stop) {
  const HostPort name = FromInside(web.listen_addresses.front());
  const Waits waits(stop);
  std::string asked;
  tl::expected<std::string, std::string> status_line;
  const auto ask = [&](const char* scheme, bool over_tls) {
    asked += (asked.empty() ? "" : ", then ") + std::string(scheme) + name.ToString() +
             std::string(kHealthyPath);
    status_line = Ask(name, over_tls, waits);
    return status_line && IsOk(*status_line);
  };
  if (web.config_file && ask("https://", true)) return {};
  if (ask("http://", false)) return {};
  const std::string came = status_line ? "answered " + Quoted(*status_line) : status_line.error();
  return tl::unexpected("GET " + asked + ": " + came +
                        "; expected status 200 of an exporter that listens there");
}

}  // namespace arkouda_exporter
