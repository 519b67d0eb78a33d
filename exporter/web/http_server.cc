#include "exporter/web/http_server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

namespace arkouda_exporter {
namespace {

constexpr unsigned kIdleSeconds = 10;

MHD_Result QueueResponse(MHD_Connection* connection, Response answer) {
  using Body = std::vector<std::shared_ptr<const std::string>>;
  auto body = std::make_unique<Body>(std::move(answer.body));
  std::vector<MHD_IoVec> parts;
  for (const auto& part : *body) parts.push_back({part->data(), part->size()});
  MHD_Response* const response = MHD_create_response_from_iovec(
      parts.data(), static_cast<unsigned>(parts.size()),
      [](void* body_in) { delete static_cast<Body*>(body_in); }, body.get());
  if (response == nullptr) return MHD_NO;
  // The parts of the body belong to the response from here on, and go when it goes.
  static_cast<void>(body.release());
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type);
  if (answer.allow != nullptr) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, answer.allow);
  }
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(answer.status), response);
  MHD_destroy_response(response);
  return queued;
}

// An origin server is to accept `http://host/path`, too (RFC 9112, 3.2.2).
std::string_view PathOf(std::string_view target) {
  const std::size_t scheme_end = target.find("://");
  if (target.starts_with('/') || scheme_end == std::string_view::npos) return target;
  const std::size_t path = target.find('/', scheme_end + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

MHD_Result HandleRequest(void* handler, MHD_Connection* connection, const char* url,
                         const char* method, const char* /*version*/, const char* /*upload*/,
                         std::size_t* upload_size, void** state) {
  // The first call of a request comes with its headers; a response queued then would close the
  // connection. A body is read and thrown away before the answer.
  static char seen;
  if (*state == nullptr) {
    *state = &seen;
    return MHD_YES;
  }
  if (*upload_size != 0) {
    *upload_size = 0;
    return MHD_YES;
  }
  // No exception may cross the library, which is C: one costs this client its connection.
  try {
    return QueueResponse(connection,
                         (*static_cast<const HttpServer::Handler*>(handler))(method, PathOf(url)));
  } catch (const std::exception&) {
    return MHD_NO;
  }
}

MHD_Daemon* Start(Listener listener, const HttpServer::Handler& handler,
                  unsigned most_connections) {
  const int fd = listener.Release();
  MHD_Daemon* const daemon =
      MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, nullptr, nullptr,
                       &HandleRequest, const_cast<HttpServer::Handler*>(&handler),
                       MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, most_connections,
                       MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds, MHD_OPTION_END);
  if (daemon == nullptr) {
    close(fd);
    throw std::runtime_error("the HTTP server can't be started");
  }
  return daemon;
}

// Opens, binds and listens; the error is errno's.
tl::expected<FileDescriptor, int> ListenOn(const sockaddr* address, socklen_t length,
                                           bool dual_stack) {
  FileDescriptor fd(socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return tl::unexpected(errno);
  const int on = 1;
  const int ipv6_only = dual_stack ? 0 : 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->sa_family == AF_INET6) {
    setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &ipv6_only, sizeof ipv6_only);
  }
  if (bind(fd.get(), address, length) == 0 && listen(fd.get(), SOMAXCONN) == 0) return fd;
  return tl::unexpected(errno);
}

tl::expected<FileDescriptor, int> ListenOnEveryAddress(std::uint16_t port) {
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  any.sin6_addr = in6addr_any;
  any.sin6_port = htons(port);
  auto fd = ListenOn(reinterpret_cast<const sockaddr*>(&any), sizeof any, true);
  if (fd || fd.error() != EAFNOSUPPORT) return fd;
  sockaddr_in any_ipv4{};  // a kernel without IPv6
  any_ipv4.sin_family = AF_INET;
  any_ipv4.sin_port = htons(port);
  return ListenOn(reinterpret_cast<const sockaddr*>(&any_ipv4), sizeof any_ipv4, false);
}

std::uint16_t PortOf(int socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length) != 0) return 0;
  // The port stands at the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

}  // namespace

tl::expected<std::vector<Listener>, std::string> Listener::Open(const HostPort& address) {
  if (!address.host.empty()) return OpenName(address);
  auto fd = ListenOnEveryAddress(address.port);
  if (!fd) return tl::unexpected(std::string(std::strerror(fd.error())));
  std::vector<Listener> listeners;
  listeners.push_back(Listener(*std::move(fd)));
  return listeners;
}

tl::expected<std::vector<Listener>, std::string> Listener::OpenName(const HostPort& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) return tl::unexpected(std::string(gai_strerror(error)));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);

  // A port that is free at one address can be taken at the other.
  constexpr int kAttempts = 10;
  auto opened = OpenEach(found);
  for (int i = 1; i < kAttempts && address.port == 0 && !opened && opened.error() == EADDRINUSE;
       ++i) {
    opened = OpenEach(found);
  }
  if (!opened) return tl::unexpected(std::string(std::strerror(opened.error())));
  return *std::move(opened);
}

tl::expected<std::vector<Listener>, int> Listener::OpenEach(const addrinfo* found) {
  std::vector<Listener> listeners;
  std::vector<std::string> seen;  // /etc/hosts may have an address twice
  int why_not = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    std::string bytes(reinterpret_cast<const char*>(each->ai_addr), each->ai_addrlen);
    if (std::find(seen.begin(), seen.end(), bytes) != seen.end()) continue;
    seen.push_back(std::move(bytes));
    sockaddr_storage address{};
    std::memcpy(&address, each->ai_addr, each->ai_addrlen);
    // The port that the system has chosen for the first one is the port of all.
    if (!listeners.empty()) {
      reinterpret_cast<sockaddr_in*>(&address)->sin_port =
          htons(PortOf(listeners.front().fd_.get()));
    }
    auto fd = ListenOn(reinterpret_cast<const sockaddr*>(&address), each->ai_addrlen, false);
    if (fd) {
      listeners.push_back(Listener(*std::move(fd)));
    } else if (fd.error() == EADDRNOTAVAIL || fd.error() == EAFNOSUPPORT) {
      why_not = fd.error();
    } else {
      return tl::unexpected(fd.error());
    }
  }
  if (listeners.empty()) return tl::unexpected(why_not);
  return listeners;
}

std::string Listener::Address() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (getsockname(fd_.get(), generic, &length) != 0 ||
      getnameinfo(generic, length, host.data(), host.size(), port.data(), port.size(),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  const std::string_view host_text(host.data());
  const bool is_ipv6 = host_text.find(':') != std::string_view::npos;
  return (is_ipv6 ? "[" + std::string(host_text) + "]" : std::string(host_text)) + ":" +
         port.data();
}

HttpServer::HttpServer(Listener listener, Handler handler, unsigned most_connections)
    : handler_(std::move(handler)),
      daemon_(Start(std::move(listener), handler_, most_connections)) {}

HttpServer::~HttpServer() { MHD_stop_daemon(daemon_); }

}  // namespace arkouda_exporter
