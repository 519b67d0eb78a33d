#include "exporter/arkouda/request_source.h"

#include <utility>

#include "common/log.h"

namespace arkouda_exporter {

RequestSource::RequestSource(std::string user, std::optional<TokenFile> token_file)
    : user_(std::move(user)),
      token_file_(std::move(token_file)),
      requests_(user_, token_file_ ? token_file_->token : "") {}

std::string_view RequestSource::Bytes(RequestKind kind) {
  // Reading a few bytes is cheaper than finding out whether they changed, and a Kubernetes Secret
  // changes by a link that is turned, which modification times don't tell.
  if (token_file_) ReadTokenAgain();
  return requests_.Bytes(kind);
}

void RequestSource::ReadTokenAgain() {
  auto& [path, last_token] = *token_file_;
  const auto token = ReadTokenFile(path);
  const std::string error = token ? std::string() : token.error();
  if (error != token_error_) {
    token_error_ = error;
    if (error.empty()) {
      LogInfo("the token file can be read again", {{"file", path}});
    } else {
      LogWarn("the token file can't be used, going on with the last token",
              {{"file", path}, {"reason", error}});
    }
  }
  if (token && *token != last_token) {
    last_token = *token;
    requests_ = Requests(user_, last_token);
    LogInfo("the token has changed", {{"file", path}});
  }
}

}  // namespace arkouda_exporter
