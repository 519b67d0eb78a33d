#pragma once

#include <memory>
#include <span>
#include <string>

#include "exporter/snapshot.h"

namespace arkouda_exporter {

/// What a scrape gets, assembled once a poll. Immutable once published; any thread.
struct Page {
  std::string text;  ///< the text format 0.0.4, but for the families of the process itself
  std::string last_poll = "none yet";  ///< how the last poll ended, for people
};

/// Groups the snapshots' fragments by family, as the format demands.
Page AssemblePage(std::span<const std::shared_ptr<const Snapshot>> targets);

}  // namespace arkouda_exporter
