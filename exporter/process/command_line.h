#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "exporter/process/settings.h"

namespace arkouda_exporter {

/// What flags, environment and defaults say, and where they say it.
struct CommandLine {
  /// Of one setting: a flag or a variable, or neither for its default.
  struct Source {
    std::string_view flag;           ///< of the setting, without the dashes
    std::string name;                ///< `--arkouda.port` or `ARKOUDA_METRICS_SERVICE_PORT`
    std::vector<std::string> texts;  ///< more than one where a flag is given more than once
  };

  Settings settings;
  std::vector<Source> sources;
  std::vector<std::string> warnings;  ///< one line each, to be logged

  /// `--web.listen-address=":5080"` or `EXPORT_PORT="5080"`: a setting as error messages name it,
  /// by where it was given; a default by the flag that would change it.
  std::string Describe(std::string_view flag) const;
};

/// Reads one variable of the environment; nullptr when it isn't set.
using GetEnvironment = std::function<const char*(const char* name)>;

/// Reads flags, environment and defaults, in this order of precedence, by the tables of
/// setting_rows. Settings that the command does not read are left as they are. The error is one
/// line for each thing that was wrong: its flag or variable, the value, and what would be right.
tl::expected<CommandLine, std::vector<std::string>> ParseCommandLine(
    int argc, const char* const* argv, const GetEnvironment& get_environment);

/// What --help prints.
std::string HelpText();

}  // namespace arkouda_exporter
