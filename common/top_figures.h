#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace arkouda_exporter {

// What a server's fullest locales and its busiest commands and users are shown by.

struct LocaleFigures {
  std::string number;
  std::string name;
  std::optional<double> used_bytes;
  std::optional<double> used_percent;  ///< of what it may use
};

struct CommandFigures {
  std::string name;
  double requests = 0;
  std::optional<double> mean_seconds;
};

struct UserFigures {
  std::string name;
  double requests = 0;
};

/// The largest of all that there are, the very largest first.
template <typename Row>
struct Top {
  std::vector<Row> rows;
  std::size_t all = 0;
};

}  // namespace arkouda_exporter
