#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "exporter/web/routes.h"

namespace arkouda_exporter {

/// A target, as Prometheus is to discover it.
struct DiscoveredTarget {
  std::string address;  ///< HOST:PORT
  std::map<std::string, std::string> labels;
};

/// `/sd`: the targets with their labels in the format of Prometheus' HTTP service discovery
/// (prometheus.io, "Writing HTTP service discovery"), a group each, in the order given. `targets`
/// is called on the server's threads. Bytes that are not UTF-8 become U+FFFD.
Route ServiceDiscoveryRoute(std::function<std::vector<DiscoveredTarget>()> targets);

}  // namespace arkouda_exporter
