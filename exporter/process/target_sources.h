#pragma once

#include "exporter/arkouda/targets_in_force.h"
#include "exporter/process/settings.h"

namespace arkouda_exporter {

/// Where the targets come from, by the settings. No label of a file may be called like one that the
/// metrics have themselves.
TargetSources MakeTargetSources(const Settings& settings);

}  // namespace arkouda_exporter
