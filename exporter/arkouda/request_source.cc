#include "exporter/arkouda/request_source.h"

#include <utility>

#include "common/log.h"
#include "exporter/arkouda/token_file.h"

namespace arkouda_exporter {

RequestSource::RequestSource(std::string user, std::string token, std::string token_file)
    : user_(std::move(user)),
      token_file_(std::move(token_file)),
      token_(std::move(token)),
      requests_(user_, token_) {}

std::string_view RequestSource::Bytes(RequestKind kind) {
  // Reading a few bytes is cheaper than finding out whether they changed, and a Kubernetes Secret
  // changes by a link that is turned, which modification times don't tell.
  if (!token_file_.empty()) ReadTokenAgain();
  return requests_.Bytes(kind);
}

void RequestSource::ReadTokenAgain() {
  const auto token = ReadTokenFile(token_file_);
  const std::string error = token ? std::string() : token.error();
  if (error != token_error_) {
    token_error_ = error;
    if (error.empty()) {
      LogInfo("the token file can be read again", {{"file", token_file_}});
    } else {
      LogWarn("the token file can't be used, going on with the last token",
              {{"file", token_file_}, {"reason", error}});
    }
  }
  if (token && *token != token_) {
    token_ = *token;
    requests_ = Requests(user_, token_);
    LogInfo("the token has changed", {{"file", token_file_}});
  }
}

}  // namespace arkouda_exporter
