#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "exporter/metrics/snapshot.h"

namespace arkouda_exporter {

/// What a scrape gets, assembled once a poll. Immutable once published; any thread.
struct Page {
  /// The text format 0.0.4 in parts that follow one another, but for the families of the process
  /// itself. The large ones are the snapshots' own: a second copy of them all would stay resident.
  std::vector<std::shared_ptr<const std::string>> parts;
  std::string Text() const;            ///< the parts joined
  std::string last_poll = "none yet";  ///< how the last poll ended, for people
};

/// Groups the snapshots' fragments by family, as the format demands.
Page AssemblePage(std::span<const std::shared_ptr<const Snapshot>> targets);

}  // namespace arkouda_exporter
