#pragma once

#include <string_view>

#include "exporter/metrics/snapshot.h"

namespace arkouda_exporter {

/// Logs what is known `after` an event and was not `before`: a state when it begins, not once a
/// poll; what goes on as it was at level debug. `target`: its address.
void LogChanges(std::string_view target, const Snapshot& before, const Snapshot& after,
                std::size_t max_label_length);

}  // namespace arkouda_exporter
