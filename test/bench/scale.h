#pragma once

#include <chrono>

#include "test/support/process.h"

namespace arkouda_exporter::testing {

/// What is measured at both sizes, and how often: slower at the large one, where a poll should not
/// fall into the one before.
struct Scale {
  const char* name;
  Arguments simulator;
  std::chrono::milliseconds interval;
  int polls;  ///< a multiple of 20, which is how often SERVER_INFO is asked for
};

inline Scale SmallScale() {
  return {.name = "70 series",
          .simulator = {"--locales", "2", "--commands", "8", "--users", "2"},
          .interval = std::chrono::milliseconds(200),
          .polls = 60};
}

inline Scale LargeScale() {
  return {.name = "43,000 series",
          .simulator = {"--locales", "1024", "--commands", "200", "--users", "200"},
          .interval = std::chrono::milliseconds(1000),
          .polls = 20};
}

}  // namespace arkouda_exporter::testing
