#pragma once

#include <chrono>
#include <vector>

#include "exporter/process/settings.h"
#include "exporter/watched_targets.h"
#include "exporter/web/landing_page.h"

namespace arkouda_exporter {

/// What is known of all targets, and how the exporter was built and set, as the landing page has
/// it. Of settings that are secret, or name files that are, it has nothing but the files' names. A
/// few targets, or the one that the request asks for, are shown in full.
LandingPage OverviewPage(const Request& request, const Settings& settings,
                         const std::vector<WatchedTarget>& targets,
                         std::chrono::system_clock::time_point now);

}  // namespace arkouda_exporter
