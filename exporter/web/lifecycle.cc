#include "exporter/web/lifecycle.h"

#include <utility>

namespace arkouda_exporter {

Route ReloadRoute(bool is_enabled, std::function<void()> reload) {
  const auto answer = [is_enabled, reload = std::move(reload)](const Request&) {
    if (!is_enabled) {
      return PlainText(403, "Forbidden: expected an exporter with --web.enable-lifecycle.");
    }
    reload();
    return PlainText(200, "The files are read again.");
  };
  return {.path = "/-/reload", .handler = AtOnce(answer), .methods = {"POST", "PUT"}};
}

}  // namespace arkouda_exporter
