#pragma once

#include "exporter/process/settings.h"
#include "exporter/process/target_sources.h"

namespace arkouda_exporter {

/// What --check finds in the files that the settings name.
Findings CheckFiles(const Settings& settings);

}  // namespace arkouda_exporter
