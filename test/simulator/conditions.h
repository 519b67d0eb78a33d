#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace arkouda_simulator {

/// What a server is like, whatever its faults are.
enum class Condition {
  kAnswering,
  kHanging,  ///< it takes requests and answers none, until it is answering again
  kGone,     ///< its port is closed
};

/// Reads what `servers` servers are like: in each line `gone` or `hanging`, and the numbers from
/// which to which, or of one alone, such as `gone 0-499`. The others are answering. The error names
/// the line and says what would be right.
tl::expected<std::vector<Condition>, std::string> ParseConditions(std::string_view text,
                                                                  std::size_t servers);

}  // namespace arkouda_simulator
