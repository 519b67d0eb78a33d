#pragma once

#include <prometheus/metric_family.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exporter/arkouda/poll_result.h"
#include "exporter/metrics/family_table.h"

namespace arkouda_exporter {

/// One target's lines on the page, by family, without headers.
using Fragments = std::array<std::string, kFamilyCount>;

/// All that is known of one target after a poll (or a loss of its connection). Immutable once
/// published; any thread.
struct Snapshot {
  /// Arkouda's families; nullptr while Arkouda does not answer: a value that nobody vouches for any
  /// more is not repeated.
  std::shared_ptr<const Fragments> fragments;
  /// The value of arkouda_server_name, which all its lines carry.
  std::string server_name;
  /// arkouda_up and the exporter's own families about this target, without that label: the copies
  /// of it would be most of what a poll of a small server allocates.
  std::vector<prometheus::MetricFamily> own_families;
  /// How the last poll ended; nullopt before the first one did.
  std::optional<PollResult> last_poll;
};

}  // namespace arkouda_exporter
