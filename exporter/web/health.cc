#include "exporter/web/health.h"

#include <string>
#include <utility>

namespace arkouda_exporter {

Route HealthyRoute(std::function<bool()> is_healthy) {
  return {.path = std::string(kHealthyPath),
          .about = "whether the exporter works",
          .handler = AtOnce([is_healthy = std::move(is_healthy)](const Request&) {
            return is_healthy() ? PlainText(200, "Healthy.")
                                : PlainText(503, "Unhealthy: the poll loop has stopped turning.");
          })};
}

Route ReadyRoute() {
  return {.path = std::string(kReadyPath),
          .about = "whether it can be asked",
          .handler = AtOnce([](const Request&) { return PlainText(200, "Ready."); })};
}

}  // namespace arkouda_exporter
