#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "exporter/web/handler.h"
#include "exporter/web/password_check.h"
#include "exporter/web/web_config.h"

namespace arkouda_exporter {

/// Lets requests in, or not, as a web configuration has it: by rate (else 429), by client
/// certificate (403) and by password (401). /-/healthy and /-/ready are let in without any of them,
/// since kubelet has neither and restarts what it does not reach. All its answers, and those of
/// what is behind it, get the configuration's headers; what the HTTP library refuses by itself does
/// not come here (400, 413, 414, 431, 505). Thread-safe.
class Guard {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  /// Lets everybody in. `now` is called on any thread.
  explicit Guard(Now now);

  /// What holds from the next request on.
  void Enforce(const WebConfig& config);

  /// A handler in front of another one. It calls that at once, or, after a password that must be
  /// checked first, on a thread of the guard's. The guard must outlive its calls.
  Handler Around(Handler inner);

 private:
  struct Rules {
    std::map<std::string, std::string> headers;
    bool asks_for_password = false;
  };

  void Answer(const std::shared_ptr<const Handler>& inner, const Request& request,
              const Respond& respond);
  void AskForPassword(const std::shared_ptr<const Handler>& inner, const Request& request,
                      const Respond& respond);
  bool TakeToken();

  const Now now_;
  std::mutex mutex_;  // of what follows, without the passwords
  std::shared_ptr<const Rules> rules_;
  std::optional<RateLimit> rate_limit_;
  int tokens_ = 0;
  std::chrono::steady_clock::time_point counted_at_;  // when the last token came
  PasswordCheck passwords_;                           // the last: its thread ends first
};

}  // namespace arkouda_exporter
