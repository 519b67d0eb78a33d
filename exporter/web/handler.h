#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "exporter/web/request.h"
#include "exporter/web/response.h"

namespace arkouda_exporter {

/// Answers one request: now or later, from any thread. Its copies are one and the same, so that it
/// goes into a std::function: the first answer counts, by whichever copy. When the last copy goes
/// without one, the client is told of an internal error. Once the client or the server is gone an
/// answer goes nowhere.
class Respond {
 public:
  /// Is called once, with nullopt when there was no answer. Must not throw.
  using Deliver = std::function<void(std::optional<Response>)>;

  explicit Respond(Deliver deliver);

  void operator()(Response response) const;

 private:
  class Once;
  std::shared_ptr<Once> once_;
};

/// What answers a request. The request goes when it returns: who answers later copies what is
/// needed of it. It is called on the server's thread, must be thread-safe when several servers
/// share it, and must not block. An exception becomes a status 500 and a line in the log.
/// Whoever answers later sees to it that there is an answer in bounded time: nobody else does.
using Handler = std::function<void(const Request&, const Respond&)>;

/// A handler that has its answer at once.
Handler AtOnce(std::function<Response(const Request&)> answer);

}  // namespace arkouda_exporter
