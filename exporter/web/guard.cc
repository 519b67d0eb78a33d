#include "exporter/web/guard.h"

#include <sodium.h>

#include <exception>
#include <string_view>
#include <utility>

#include "common/ascii.h"
#include "common/log.h"
#include "common/quote.h"
#include "exporter/web/health.h"

namespace arkouda_exporter {
namespace {

using Verdict = PasswordCheck::Verdict;

struct NameAndPassword {
  std::string name;
  std::string password;
};

// What Basic authentication says (RFC 7617), or nullopt.
std::optional<NameAndPassword> NameAndPasswordOf(const Request& request) {
  constexpr std::string_view kScheme = "basic ";
  const auto header = request.Header("Authorization");
  if (!header || ToLower(header->substr(0, kScheme.size())) != kScheme) return std::nullopt;
  const std::string_view text = std::string_view(*header).substr(kScheme.size());
  std::string decoded(text.size(), '\0');
  std::size_t size = 0;
  auto* const bytes = reinterpret_cast<unsigned char*>(decoded.data());
  if (sodium_base642bin(bytes, decoded.size(), text.data(), text.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_ORIGINAL) != 0) {
    return std::nullopt;
  }
  decoded.resize(size);
  const std::size_t colon = decoded.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return NameAndPassword{.name = decoded.substr(0, colon), .password = decoded.substr(colon + 1)};
}

Response Unauthorized() {
  Response response = PlainText(401, "Unauthorized: expected a name and a password.");
  response.headers.emplace("WWW-Authenticate",
                           R"(Basic realm="prometheus-arkouda-exporter", charset="UTF-8")");
  return response;
}

Response TryLater(int status, std::string line) {
  Response response = PlainText(status, std::move(line));
  response.headers.emplace("Retry-After", "1");
  return response;
}

// On the guard's own thread there is no server that catches what a handler throws.
void Call(const Handler& handler, const Request& request, const Respond& respond) {
  try {
    handler(request, respond);
  } catch (const std::exception& error) {
    LogError(
        "a request failed",
        {{"method", request.method}, {"path", Excerpt(request.path)}, {"reason", error.what()}});
  }
}

}  // namespace

Guard::Guard(Now now) : now_(std::move(now)), rules_(std::make_shared<const Rules>()) {}

void Guard::Enforce(const WebConfig& config) {
  passwords_.SetUsers(config.users);
  auto rules = std::make_shared<const Rules>(
      Rules{.headers = config.headers, .asks_for_password = !config.users.empty()});
  const auto now = now_();
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
  if (rate_limit_ != config.rate_limit) {
    rate_limit_ = config.rate_limit;
    tokens_ = rate_limit_ ? rate_limit_->burst : 0;
    counted_at_ = now;
  }
}

Handler Guard::Around(Handler inner) {
  return [this, inner = std::make_shared<const Handler>(std::move(inner))](
             const Request& request, const Respond& respond) { Answer(inner, request, respond); };
}

bool Guard::TakeToken() {
  const auto now = now_();
  const std::lock_guard lock(mutex_);
  if (!rate_limit_) return true;
  const auto intervals = (now - counted_at_) / rate_limit_->interval;
  if (intervals >= rate_limit_->burst - tokens_) {
    tokens_ = rate_limit_->burst;
    counted_at_ = now;
  } else if (intervals > 0) {
    tokens_ += static_cast<int>(intervals);
    counted_at_ += intervals * rate_limit_->interval;
  }
  if (tokens_ == 0) return false;
  --tokens_;
  return true;
}

void Guard::Answer(const std::shared_ptr<const Handler>& inner, const Request& request,
                   const Respond& respond) {
  const auto rules = [&] {
    const std::lock_guard lock(mutex_);
    return rules_;
  }();
  const Respond with_headers = rules->headers.empty()
                                   ? respond
                                   : Respond([rules, respond](std::optional<Response> response) {
                                       if (!response)
                                         return;  // the server has an answer of its own for that
                                       // Those of the answer itself are a default.
                                       for (const auto& [name, value] : rules->headers) {
                                         response->headers.insert_or_assign(name, value);
                                       }
                                       respond(*std::move(response));
                                     });
  if (request.path == kHealthyPath || request.path == kReadyPath) {
    return (*inner)(request, with_headers);
  }
  if (!TakeToken()) {
    return with_headers(TryLater(429, "Too many requests, by the web configuration's rate_limit."));
  }
  if (request.lacks_client_certificate) {
    return with_headers(PlainText(403, "Forbidden: expected a client certificate."));
  }
  if (!rules->asks_for_password) return (*inner)(request, with_headers);
  AskForPassword(inner, request, with_headers);
}

void Guard::AskForPassword(const std::shared_ptr<const Handler>& inner, const Request& request,
                           const Respond& respond) {
  const auto sent = NameAndPasswordOf(request);
  if (!sent) return respond(Unauthorized());
  if (passwords_.IsRemembered(sent->name, sent->password)) return (*inner)(request, respond);
  const auto done = [inner, request, respond](Verdict verdict) {
    switch (verdict) {
      case Verdict::kRight:
        return Call(*inner, request, respond);
      case Verdict::kWrong:
        return respond(Unauthorized());
      case Verdict::kBusy:
        return respond(TryLater(503, "Too many passwords wait to be checked."));
    }
  };
  passwords_.Check(
      {.client = request.client, .user = sent->name, .password = sent->password, .done = done});
}

}  // namespace arkouda_exporter
