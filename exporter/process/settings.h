#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/host_port.h"
#include "common/log.h"
#include "common/target_pattern.h"
#include "exporter/arkouda/target.h"
#include "exporter/arkouda/targets_in_force.h"
#include "exporter/arkouda/time_zone.h"
#include "exporter/arkouda/token_file.h"

namespace arkouda_exporter {

/// What the process is asked to do.
enum class Command {
  kServe,  ///< poll and serve until a signal, unless it is asked for something else
  kOnce,
  kCheck,  ///< read all settings and files, and start nothing
  kHealthcheck,
  kVersion,
  kHelp,
};

/// How Arkouda is asked. Durations are positive.
struct ArkoudaSettings {
  /// The server that no file names: a flag or a variable does, or nothing at all. None where
  /// targets files name all servers.
  std::optional<Target> default_target = Target();
  std::vector<TargetsPattern> targets_files;
  std::vector<TargetPattern> targets_allow;        ///< which servers they may name; empty: any
  std::optional<std::string> targets_owner_label;  ///< says whose a file is; nullopt: nothing does
  std::string user;                                ///< satisfies Requests::IsSendable
  std::optional<TokenFile> token_file;             ///< without it no token is sent
  std::chrono::milliseconds polling_interval{};
  std::chrono::milliseconds timeout{};  ///< of a poll
  std::int64_t max_reply_bytes = 0;
  TimeZone timezone = TimeZone::Local();
};

/// What the metrics look like.
struct MetricsSettings {
  std::size_t max_label_length = 0;  ///< bytes; 0: any
};

/// Where and how HTTP is served.
struct WebSettings {
  std::vector<HostPort> listen_addresses;  ///< at least one
  std::string telemetry_path;              ///< such as "/metrics"
  std::optional<std::string> config_file;  ///< path of the web configuration; without it plain HTTP
  bool takes_systemd_sockets = false;      ///< instead of listen_addresses
  bool has_lifecycle = false;              ///< whether /-/reload may be used
  std::vector<TargetPattern> probe_allow;  ///< which servers /probe may ask, beside those watched
};

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kLogfmt;
};

/// Everything that can be set, parsed: what has come as far as this can be used as it is.
struct Settings {
  Command command = Command::kServe;
  ArkoudaSettings arkouda;
  MetricsSettings metrics;
  WebSettings web;
  LogSettings log;
  std::optional<std::string> once_output;  ///< a file's path; without it standard output
};

/// How long a poll may take, unless that is set: until the next one is due, and not so long that
/// nobody waits for it any more.
std::chrono::milliseconds DefaultTimeout(std::chrono::milliseconds polling_interval);

/// The lowest level that is logged, unless it is set: with --once, which cron runs, nothing is said
/// that cron need not mail.
LogLevel DefaultLogLevel(Command command);

}  // namespace arkouda_exporter
