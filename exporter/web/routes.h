#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arkouda_exporter {

inline constexpr std::string_view kHealthyPath = "/-/healthy";
inline constexpr std::string_view kReadyPath = "/-/ready";

/// An answer to an HTTP request. The body's parts follow one another on the wire; they are
/// immutable and shared, so that a page is never copied for a scrape.
struct Response {
  int status = 200;
  const char* content_type = "text/plain; charset=utf-8";
  const char* allow = nullptr;  ///< the Allow header's value, with status 405
  std::vector<std::shared_ptr<const std::string>> body;
};

/// Path and method to an answer made of ready bytes. Thread-safe where its sources are.
class Routes {
 public:
  /// Where the answers come from; each is called on the HTTP thread and must not block.
  struct Sources {
    std::string telemetry_path;  ///< such as "/metrics"
    std::string target;          ///< for the landing page, such as "localhost:5556"
    const char* exposition_content_type = "";
    std::function<std::vector<std::shared_ptr<const std::string>>()> exposition;
    std::function<std::string()> last_poll;
    std::function<bool()> is_healthy;
  };

  explicit Routes(Sources sources) : sources_(std::move(sources)) {}

  /// `path` without the query. HEAD is answered like GET; leaving the body out is the server's
  /// part.
  Response Answer(std::string_view method, std::string_view path) const;

 private:
  std::string LandingPage() const;

  const Sources sources_;
};

}  // namespace arkouda_exporter
