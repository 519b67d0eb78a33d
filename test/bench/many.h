#pragma once

#include <cstddef>

#include "test/bench/measure.h"

namespace arkouda_exporter::testing {

/// What one exporter of a thousand small servers takes.
struct Many {
  double cpu_ratio = 0;         ///< against as many polls of one server alone
  double peak_mebibytes = 0;    ///< resident
  Milliseconds first_scrape{};  ///< of the whole page, CPU, when something has changed
  Milliseconds scrape_again{};  ///< when nothing has
  std::size_t page_bytes = 0;
  double troubled_cpu_ratio = 0;  ///< half of the servers gone, a tenth hanging
  Milliseconds troubled_delay{};  ///< of the others' polls, 99th percentile
  double reload_polls = 0;        ///< CPU of a reload, in polls
};

/// `poll_alone`: the CPU that a poll of one such server takes.
Many MeasureMany(Milliseconds poll_alone);

}  // namespace arkouda_exporter::testing
