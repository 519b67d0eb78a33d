#pragma once

#include <prometheus/collectable.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace arkouda_exporter {

/// The standard `process_*` families (Prometheus, "Writing client libraries"), read from /proc when
/// collected. Any thread.
class ProcessCollector : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

/// arkouda_exporter_build_info as lines of the text format: what does not change while the process
/// runs. Any thread.
std::string RenderBuildInfo();

/// A targets file, and whether all that is on disk is in force.
struct TargetsFileState {
  std::string path;
  bool is_whole = false;
  /// When what is in force was read; nullopt: never.
  std::optional<std::chrono::system_clock::time_point> loaded_at;
};

/// Appends arkouda_exporter_targets and, where there are targets files, the families of these. Any
/// thread.
void AppendTargetsState(std::string& out, std::size_t targets,
                        const std::vector<TargetsFileState>& files);

/// `process_*` at the moment of the call, as lines of the text format. Any thread.
std::string RenderProcessMetrics();

}  // namespace arkouda_exporter
