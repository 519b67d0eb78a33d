#include "test/bench/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace arkouda_exporter::testing {
namespace {

constexpr std::size_t kFirstBuffer = 64 << 10;
constexpr timeval kPatience = {.tv_sec = 10, .tv_usec = 0};

}  // namespace

std::optional<std::string_view> HttpClient::Get(std::string_view path, std::string_view fields) {
  // The server may have closed a connection that was idle for long.
  const bool is_old = fd_ >= 0;
  auto body = Ask(path, fields);
  if (!body && is_old) body = Ask(path, fields);
  return body;
}

std::optional<std::string_view> HttpClient::Ask(std::string_view path, std::string_view fields) {
  if (fd_ < 0 && !Connect()) return std::nullopt;
  std::string request = "GET ";
  request.append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\n").append(fields).append("\r\n");
  const auto give_up = [this] {
    Close();
    return std::nullopt;
  };
  size_ = 0;
  if (!Send(request)) return give_up();
  std::size_t header_end = std::string::npos;
  while (header_end == std::string::npos) {
    if (!Read(size_ + 1)) return give_up();
    header_end = std::string_view(buffer_.data(), size_).find("\r\n\r\n");
  }
  const std::string_view header(buffer_.data(), header_end);
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  const std::size_t length_at = header.find(kLength);
  if (!header.starts_with("HTTP/1.1 200 ") || length_at == std::string_view::npos) return give_up();
  const std::string_view digits = header.substr(length_at + kLength.size());
  std::size_t length = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), length);
  const std::size_t body = header_end + 4;
  if (!Read(body + length)) return give_up();
  return std::string_view(buffer_).substr(body, length);
}

bool HttpClient::Connect() {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port_);
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  Close();
  return false;
}

void HttpClient::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

bool HttpClient::Send(std::string_view bytes) const {
  return send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

bool HttpClient::Read(std::size_t least) {
  if (buffer_.size() < least) buffer_.resize(std::max({least, kFirstBuffer, buffer_.size()}));
  while (size_ < least) {
    const ssize_t count = recv(fd_, buffer_.data() + size_, buffer_.size() - size_, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    size_ += static_cast<std::size_t>(count);
  }
  return true;
}

}  // namespace arkouda_exporter::testing
