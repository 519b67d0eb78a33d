#pragma once

#include <functional>
#include <string_view>

#include "exporter/web/routes.h"

namespace arkouda_exporter {

inline constexpr std::string_view kHealthyPath = "/-/healthy";
inline constexpr std::string_view kReadyPath = "/-/ready";

/// Says 503 while the process does not do its work, so that it is started anew. Whether Arkouda
/// answers does not matter. `is_healthy` may be called on several threads.
Route HealthyRoute(std::function<bool()> is_healthy);

/// Says 200: whoever can ask is served.
Route ReadyRoute();

}  // namespace arkouda_exporter
