#include "test/support/network.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "test/support/await.h"

namespace arkouda_exporter::testing {
namespace {

void Require(bool is_done, const char* what) {
  if (!is_done) throw std::system_error(errno, std::system_category(), what);
}

int MakeSocket() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Require(fd >= 0, "socket");
  return fd;
}

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int MakeBoundSocket() {
  const int fd = MakeSocket();
  const int yes = 1;
  Require(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0, "SO_REUSEADDR");
  const sockaddr_in address = Loopback(0);
  Require(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
  return fd;
}

int MakeListener() {
  const int fd = MakeBoundSocket();
  constexpr int kBacklog = 16;
  Require(listen(fd, kBacklog) == 0, "listen");
  return fd;
}

std::uint16_t PortOf(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  Require(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0, "getsockname");
  return ntohs(address.sin_port);
}

bool IsReadable(int fd) {
  pollfd polled{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&polled, 1, 0) == 1 && (polled.revents & POLLIN) != 0;
}

}  // namespace

FreePort::FreePort() : fd_(MakeBoundSocket()), number_(PortOf(fd_)) {}
FreePort::~FreePort() { close(fd_); }

MuteListener::MuteListener() : fd_(MakeListener()), port_(PortOf(fd_)) {}
MuteListener::~MuteListener() { close(fd_); }
bool MuteListener::HasClient() const { return IsReadable(fd_); }

int MuteListener::Accept() const {
  EXPECT_TRUE(Await("a connection", [this] { return HasClient(); }));
  return HasClient() ? accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC) : -1;
}

TcpClient::TcpClient(std::uint16_t port) : fd_(MakeSocket()) {
  const int small = 4096;
  Require(setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0, "SO_RCVBUF");
  const sockaddr_in address = Loopback(port);
  Require(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0,
          "connect");
}

TcpClient::~TcpClient() { close(fd_); }

void TcpClient::Send(std::string_view bytes) const {
  Require(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size()),
          "send");
}

void TcpClient::TrySend(std::string_view bytes) const {
  static_cast<void>(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

bool TcpClient::IsSentAway() const {
  pollfd polled{.fd = fd_, .events = POLLRDHUP, .revents = 0};
  return poll(&polled, 1, 0) == 1;
}

bool TcpClient::HasData() const { return IsReadable(fd_); }

bool HasIpv6Loopback() {
  const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool is_bound = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return is_bound;
}

}  // namespace arkouda_exporter::testing
