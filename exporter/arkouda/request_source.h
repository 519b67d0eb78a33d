#pragma once

#include <string>
#include <string_view>

#include "exporter/arkouda/request.h"

namespace arkouda_exporter {

/// The requests of the moment: the token in them is that of a file, which is read again for each.
/// Used by one thread.
class RequestSource {
 public:
  /// `user`, and `token` where there is no file, must satisfy Requests::IsSendable. `token_file`:
  /// empty: none; `token` is in force until the file can be read.
  RequestSource(std::string user, std::string token, std::string token_file);

  /// The bytes of a request; valid until the next call. When the file can't be used, which is
  /// logged once, with the last token.
  std::string_view Bytes(RequestKind kind);

 private:
  void ReadTokenAgain();

  const std::string user_;
  const std::string token_file_;
  std::string token_;
  std::string token_error_;  // what the log has said of the file; empty when all is well
  Requests requests_;
};

}  // namespace arkouda_exporter
