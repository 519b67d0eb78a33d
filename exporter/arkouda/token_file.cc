#include "exporter/arkouda/token_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "exporter/arkouda/request.h"

namespace arkouda_exporter {
namespace {

constexpr std::size_t kMostBytes = 16384;

}  // namespace

tl::expected<std::string, std::string> ReadTokenFile(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file.is_open()) return tl::unexpected(std::string(std::strerror(errno)));
  for (char c = '\0'; line.size() <= kMostBytes && file.get(c) && c != '\n';) line += c;
  if (file.bad()) return tl::unexpected(std::string("it can't be read"));
  if (line.size() > kMostBytes) {
    return tl::unexpected("expected a token of at most " + std::to_string(kMostBytes) +
                          " bytes on the first line");
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty()) return tl::unexpected(std::string("expected a token on the first line"));
  if (!Requests::IsSendable(line)) {
    return tl::unexpected(
        std::string("the token has a quote, a backslash, a control character or bytes that are not "
                    "UTF-8, which "
                    "can't be sent as they are"));
  }
  return line;
}

tl::expected<TokenFile, std::string> TokenFile::Open(std::string path) {
  auto token = ReadTokenFile(path);
  if (!token) return tl::unexpected(std::move(token).error());
  return TokenFile{.path = std::move(path), .token = *std::move(token)};
}

}  // namespace arkouda_exporter
