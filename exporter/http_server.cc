#include "exporter/http_server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

namespace arkouda_exporter {
namespace {

// Half of the descriptors that a process usually may have: the poll loop needs some, too.
constexpr unsigned kMostConnections = 512;
constexpr unsigned kIdleSeconds = 10;

MHD_Result QueueResponse(MHD_Connection* connection, Response answer) {
  // The parts of the body belong to the response from here on, and go when it goes.
  auto* const body = new std::vector(std::move(answer.body));
  std::vector<MHD_IoVec> parts;
  for (const auto& part : *body) parts.push_back({part->data(), part->size()});
  MHD_Response* const response = MHD_create_response_from_iovec(
      parts.data(), static_cast<unsigned>(parts.size()),
      [](void* parts_in) {
        delete static_cast<std::vector<std::shared_ptr<const std::string>>*>(parts_in);
      },
      body);
  if (response == nullptr) {
    delete body;
    return MHD_NO;
  }
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type);
  if (answer.allow != nullptr) {
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, answer.allow);
  }
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(answer.status), response);
  MHD_destroy_response(response);
  return queued;
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
  return QueueResponse(connection,
                       (*static_cast<const HttpServer::Handler*>(handler))(method, url));
}

MHD_Daemon* Start(Listener listener, const HttpServer::Handler& handler) {
  const int fd = listener.Release();
  MHD_Daemon* const daemon =
      MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, nullptr, nullptr,
                       &HandleRequest, const_cast<HttpServer::Handler*>(&handler),
                       MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, kMostConnections,
                       MHD_OPTION_CONNECTION_TIMEOUT, kIdleSeconds, MHD_OPTION_END);
  if (daemon == nullptr) {
    close(fd);
    throw std::runtime_error("the HTTP server can't be started");
  }
  return daemon;
}

// Opens, binds and listens; the error is errno's.
tl::expected<int, int> ListenOn(const sockaddr* address, socklen_t length, bool dual_stack) {
  const int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return tl::unexpected(errno);
  const int on = 1;
  const int ipv6_only = dual_stack ? 0 : 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->sa_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &ipv6_only, sizeof ipv6_only);
  }
  if (bind(fd, address, length) == 0 && listen(fd, SOMAXCONN) == 0) return fd;
  const int error = errno;
  close(fd);
  return tl::unexpected(error);
}

}  // namespace

tl::expected<Listener, std::string> Listener::Open(const ListenAddress& address) {
  tl::expected<int, int> fd = tl::unexpected(EAFNOSUPPORT);
  if (address.host.empty()) {
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_addr = in6addr_any;
    any.sin6_port = htons(address.port);
    fd = ListenOn(reinterpret_cast<const sockaddr*>(&any), sizeof any, true);
    if (!fd && fd.error() == EAFNOSUPPORT) {  // a kernel without IPv6
      sockaddr_in any_ipv4{};
      any_ipv4.sin_family = AF_INET;
      any_ipv4.sin_port = htons(address.port);
      fd = ListenOn(reinterpret_cast<const sockaddr*>(&any_ipv4), sizeof any_ipv4, false);
    }
  } else {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    const int error =
        getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
    if (error != 0) return tl::unexpected(std::string(gai_strerror(error)));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
    fd = ListenOn(found->ai_addr, found->ai_addrlen, false);
  }
  if (!fd) return tl::unexpected(std::string(std::strerror(fd.error())));
  return Listener(*fd);
}

Listener::~Listener() {
  if (fd_ >= 0) close(fd_);
}

std::string Listener::Address() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (getsockname(fd_, generic, &length) != 0 ||
      getnameinfo(generic, length, host.data(), host.size(), port.data(), port.size(),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?";
  }
  const std::string_view host_text(host.data());
  const bool is_ipv6 = host_text.find(':') != std::string_view::npos;
  return (is_ipv6 ? "[" + std::string(host_text) + "]" : std::string(host_text)) + ":" +
         port.data();
}

HttpServer::HttpServer(Listener listener, Handler handler)
    : handler_(std::move(handler)), daemon_(Start(std::move(listener), handler_)) {}

HttpServer::~HttpServer() { MHD_stop_daemon(daemon_); }

}  // namespace arkouda_exporter
