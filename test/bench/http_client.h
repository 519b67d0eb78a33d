#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arkouda_exporter::testing {

/// A bare HTTP/1.1 client of 127.0.0.1 that keeps its connection: a process for each request, as
/// curl would be, costs more than what is measured.
class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port) : port_(port) {}
  ~HttpClient() { Close(); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// The body of an answer with status 200, valid until the next call. nullopt when there is none;
  /// the next call connects anew. `fields`: header fields besides, each with its line end.
  std::optional<std::string_view> Get(std::string_view path, std::string_view fields = "");

 private:
  std::optional<std::string_view> Ask(std::string_view path, std::string_view fields);
  bool Connect();
  void Close();
  bool Send(std::string_view bytes) const;
  bool Read(std::size_t least);  // until the buffer holds that many bytes

  const std::uint16_t port_;
  int fd_ = -1;
  std::string buffer_;
  std::size_t size_ = 0;  // of what was read into the buffer
};

}  // namespace arkouda_exporter::testing
