#pragma once

#include "exporter/process/settings.h"
#include "exporter/process/stoppable.h"

namespace arkouda_exporter {

/// Polls once and writes the page where `settings` want it, whatever came of the poll. Returns the
/// exit status: 0, or 1 when Arkouda did not answer, the page could not be written (which is
/// logged, and leaves an old file as it is), or `run` was stopped, which writes nothing.
int RunOnce(const Settings& settings, Stoppable& run);

}  // namespace arkouda_exporter
