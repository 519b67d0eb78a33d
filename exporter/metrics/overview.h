#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/top_figures.h"
#include "exporter/metrics/snapshot.h"

namespace arkouda_exporter {

/// What people ask first of a server that answers. It is read from the snapshot's lines when
/// somebody looks: kept beside them it would cost memory and CPU with every poll.
struct Overview {
  std::string version;            ///< empty: not known
  std::string hostname;           ///< of the server; empty: not known
  std::string number_of_locales;  ///< as the server says it; empty: not known
  std::optional<double> requests;
  std::optional<double> errors;
  std::optional<double> connections;
  Top<LocaleFigures> locales;  ///< by used_percent
  Top<CommandFigures> commands;
  Top<UserFigures> users;
};

/// How many rows an overview has at most.
struct OverviewLimits {
  std::size_t locales = 0;
  std::size_t names = 0;  ///< commands, and users
};

/// Empty while Arkouda does not answer. Values that are not finite are left out.
Overview OverviewOf(const Snapshot& snapshot, const OverviewLimits& limits);

}  // namespace arkouda_exporter
