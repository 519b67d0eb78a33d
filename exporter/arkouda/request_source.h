#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "exporter/arkouda/request.h"
#include "exporter/arkouda/token_file.h"

namespace arkouda_exporter {

/// The requests of the moment: the token in them is that of a file, which is read again for each.
/// Used by one thread.
class RequestSource {
 public:
  /// `user` must satisfy Requests::IsSendable. Without a file no token is sent.
  RequestSource(std::string user, std::optional<TokenFile> token_file);

  /// The bytes of a request; valid until the next call. When the file can't be used, which is
  /// logged once, with the last token.
  std::string_view Bytes(RequestKind kind);

 private:
  void ReadTokenAgain();

  const std::string user_;
  std::optional<TokenFile> token_file_;  // with the last token that could be used
  std::string token_error_;  // what the log has said of the file; empty when all is well
  Requests requests_;
};

}  // namespace arkouda_exporter
