#pragma once

#include <functional>

#include "exporter/web/routes.h"

namespace arkouda_exporter {

/// `POST /-/reload`, as Prometheus has it: has all files read again. Others than administrators may
/// reach the exporter, so it has to be enabled; else the answer is a 403. `reload` is called on the
/// server's threads, and must not block.
Route ReloadRoute(bool is_enabled, std::function<void()> reload);

}  // namespace arkouda_exporter
