#include "exporter/arkouda/token_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "exporter/arkouda/request.h"

namespace arkouda_exporter {

tl::expected<std::string, std::string> ReadTokenFile(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file.is_open()) return tl::unexpected(std::string(std::strerror(errno)));
  if (!std::getline(file, line) && file.bad()) {
    return tl::unexpected(std::string("it can't be read"));
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
