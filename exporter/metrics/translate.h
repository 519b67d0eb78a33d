#pragma once

#include <cstddef>
#include <string>

#include "exporter/arkouda/poll_outcome.h"
#include "exporter/metrics/samples.h"

namespace arkouda_exporter {

/// What an answer's entries, and what is known of its server, mean.
struct Translation {
  Samples samples;
  Skips skips;                       ///< the entries that no family takes, and duplicates
  std::size_t shortened_labels = 0;  ///< label values that were over the limit
  std::string first_shortened;       ///< an Excerpt of the first of them as it was
};

/// Turns an answer into samples. Of two entries for one series the last wins (Prometheus refuses a
/// page with duplicates). Label values of more bytes than `max_label_length` (0: any) are shortened
/// (label_value.h).
Translation Translate(Answer answer, std::size_t max_label_length);

}  // namespace arkouda_exporter
