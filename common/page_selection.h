#pragma once

#include <set>
#include <string>

namespace arkouda_exporter {

/// The formats in which a page of metrics can be had.
enum class ExpositionFormat {
  kText,         ///< Prometheus' text format 0.0.4 (prometheus.io, "Exposition formats")
  kOpenMetrics,  ///< OpenMetrics 1.0.0 (prometheus.io/docs/specs/om)
};

/// Which page somebody wants.
struct PageSelection {
  ExpositionFormat format = ExpositionFormat::kText;
  /// The families that are wanted, by their names or by their series' names; empty: all.
  std::set<std::string, std::less<>> names;

  friend bool operator==(const PageSelection&, const PageSelection&) = default;
};

}  // namespace arkouda_exporter
