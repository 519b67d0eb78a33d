#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "exporter/arkouda/targets_in_force.h"
#include "exporter/process/settings.h"

namespace arkouda_exporter {

/// Where the targets come from, by the settings. No label of a file may be called like one that the
/// metrics have themselves.
TargetSources MakeTargetSources(const Settings& settings);

/// The name of the label that says to whom a targets file belongs. The error says what is wrong
/// with `text` and what would be right.
tl::expected<std::string, std::string> ParseOwnerLabel(std::string_view text);

/// What somebody who asks should know before the exporter is started.
struct Findings {
  std::vector<std::string> errors;    ///< one line each: what can't be used, where, and why
  std::vector<std::string> warnings;  ///< one line each: what may be meant so
};

/// Reads all targets files once, and finds what is wrong with them. May wait for a file system.
Findings CheckTargets(const Settings& settings);

}  // namespace arkouda_exporter
