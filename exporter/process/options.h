#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "common/host_port.h"
#include "common/log.h"

namespace arkouda_exporter {

/// Everything that can be set. Durations are positive; every value has passed its check.
struct Options {
  HostPort address;  ///< of Arkouda's metrics socket
  std::string server_name;
  std::string user;
  std::string token_file;  ///< empty: none
  std::chrono::milliseconds timeout{};
  std::int64_t max_reply_bytes = 0;
  std::size_t max_label_length = 0;  ///< bytes; 0: any
  std::string timezone;              ///< empty: this machine's
  std::chrono::milliseconds polling_interval{};
  std::vector<HostPort> listen_addresses;
  std::string telemetry_path;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kLogfmt;
  bool once = false;
  std::string once_output;  ///< empty: standard output

  /// A setting, and what it was taken from: `--arkouda.port`, `ARKOUDA_METRICS_SERVICE_PORT` or
  /// "default".
  struct Setting {
    std::string_view flag;  ///< without the dashes
    std::string source;
    std::string value;
  };
  std::vector<Setting> settings;  ///< one for each row of the table, in its order

  /// `--web.listen-address=":5080"` or `EXPORT_PORT="5080"`: a setting as error messages name it,
  /// by where it was given.
  std::string Describe(std::string_view flag) const;
  bool IsDefault(std::string_view flag) const;
};

/// What the command line asked for: to run (Options), to ask whether the exporter that listens
/// there is healthy (--healthcheck), or to print a text and exit (--help, --version).
struct CommandLine {
  std::optional<Options> options;
  std::optional<HostPort> healthcheck;  ///< its port is known
  std::string text;
  std::vector<std::string> warnings;  ///< one line each, to be logged
};

/// Reads one variable of the environment; nullptr when it isn't set.
using GetEnvironment = std::function<const char*(const char* name)>;

/// Reads flags, environment and defaults, in this order of precedence. The error is one line for
/// each thing that was wrong: its flag or variable, the value, and what would be right. For
/// --healthcheck only --web.listen-address and its variables are looked at.
tl::expected<CommandLine, std::vector<std::string>> ParseCommandLine(
    int argc, const char* const* argv, const GetEnvironment& get_environment);

}  // namespace arkouda_exporter
