#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "exporter/metrics/exposition.h"

namespace arkouda_exporter {

/// arkouda_exporter_build_info: what does not change while the process runs. Any thread.
ProcessFamily BuildInfoFamily();

/// A targets file, and whether all that is on disk is in force.
struct TargetsFileState {
  std::string path;
  bool is_whole = false;
  /// When what is in force was read; nullopt: never.
  std::optional<std::chrono::system_clock::time_point> loaded_at;
};

/// arkouda_exporter_targets and, where there are targets files, the families of these. Any thread.
std::vector<ProcessFamily> TargetsFamilies(std::size_t targets,
                                           const std::vector<TargetsFileState>& files);

/// arkouda_exporter_web_config_last_reload_successful. Any thread.
ProcessFamily WebConfigFamily(bool is_whole);

/// The standard `process_*` families (Prometheus, "Writing client libraries") at the moment of the
/// call, read from /proc; what can't be read is left out. Any thread.
std::vector<ProcessFamily> ReadProcessFamilies();

}  // namespace arkouda_exporter
