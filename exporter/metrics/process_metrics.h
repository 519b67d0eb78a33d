#pragma once

#include <prometheus/collectable.h>

#include <cstddef>
#include <string>
#include <vector>

namespace arkouda_exporter {

/// The standard `process_*` families (Prometheus, "Writing client libraries"), read from /proc when
/// collected. Any thread.
class ProcessCollector : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

/// arkouda_exporter_build_info and arkouda_exporter_targets, as lines of the text format: what does
/// not change while the process runs. Any thread.
std::string RenderProcessInfo(std::size_t targets);

/// `process_*` at the moment of the call, as lines of the text format. Any thread.
std::string RenderProcessMetrics();

}  // namespace arkouda_exporter
