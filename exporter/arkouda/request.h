#pragma once

#include <string>
#include <string_view>

namespace arkouda_exporter {

/// The only two requests that are ever sent: any other could halt the whole Arkouda server
/// (every error leaves the metrics daemon's loop uncaught; Arkouda, src/ServerDaemon.chpl).
enum class RequestKind { kAll, kServerInfo };

/// Both requests, byte for byte as Arkouda's Python client writes them, which is what years of
/// servers have been asked with.
class Requests {
 public:
  /// `user` and `token` must satisfy IsSendable.
  Requests(std::string_view user, std::string_view token);

  /// The bytes of one request; valid as long as this object.
  std::string_view Bytes(RequestKind kind) const {
    return kind == RequestKind::kAll ? all_ : server_info_;
  }

  /// Whether `text` is UTF-8 that JSON carries as it is: no quote, no backslash, no control
  /// character. Nothing else may go into a request.
  static bool IsSendable(std::string_view text);

 private:
  std::string all_;
  std::string server_info_;
};

}  // namespace arkouda_exporter
