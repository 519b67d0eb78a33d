#include "exporter/process/setting_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "common/ascii.h"
#include "common/durations.h"
#include "common/host_port.h"
#include "common/metric.h"
#include "common/quote.h"
#include "exporter/arkouda/request.h"
#include "exporter/arkouda/time_zone.h"
#include "exporter/arkouda/token_file.h"
#include "exporter/metrics/label_value.h"
#include "exporter/process/check.h"
#include "exporter/process/textfile.h"
#include "exporter/web/http_server.h"

namespace arkouda_exporter {
namespace {

template <typename T>
using Parsed = tl::expected<T, std::string>;

tl::unexpected<std::string> Wrong(std::string expected) {
  return tl::unexpected(std::move(expected));
}

template <typename T, typename Value>
Checked Store(T& out, Parsed<Value> parsed) {
  if (!parsed) return tl::unexpected(std::move(parsed).error());
  out = *std::move(parsed);
  return {};
}

template <typename T>
Checked Append(std::vector<T>& out, Parsed<T> parsed) {
  if (!parsed) return tl::unexpected(std::move(parsed).error());
  out.push_back(*std::move(parsed));
  return {};
}

Parsed<std::string> ParseArkoudaHost(std::string_view text) {
  auto host = ParseHost(text);
  if (host) return host;
  return Wrong(std::move(host).error() +
               "; expected a host name or address alone; the port goes to --arkouda.port");
}

Parsed<std::string> ParseUser(std::string_view text) {
  if (!text.empty() && Requests::IsSendable(text)) return std::string(text);
  return Wrong(
      "expected a name in UTF-8 without quotes, backslashes and control characters, which could "
      "halt the server");
}

Parsed<std::string> ParseServerName(std::string_view text) {
  if (!text.empty() && IsUtf8(text)) return std::string(text);
  return Wrong("expected a label value in UTF-8, not empty");
}

// The bounds keep a mistyped unit from harming the server, and libzmq's milliseconds in an int.
Parsed<std::chrono::milliseconds> ParseDurationFrom(std::chrono::milliseconds least,
                                                    std::string_view text) {
  constexpr std::chrono::hours kMost(24);
  auto duration = ParseDuration(text);
  if (duration && (*duration < least || *duration > kMost)) {
    return Wrong("expected a duration from " + FormatDuration(least) + " to " +
                 FormatDuration(kMost));
  }
  return duration;
}

constexpr std::int64_t kMostBytes = std::numeric_limits<std::int32_t>::max();

// A number of bytes from `least` to kMostBytes.
std::optional<std::int64_t> ParseBytes(std::string_view text, std::int64_t least) {
  std::int64_t bytes = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, bytes);
  const bool is_number = error == std::errc() && rest == end;
  return is_number && bytes >= least && bytes <= kMostBytes ? std::optional(bytes) : std::nullopt;
}

Parsed<std::int64_t> ParseMaxReplyBytes(std::string_view text) {
  if (const auto bytes = ParseBytes(text, 1)) return *bytes;
  return Wrong("expected a number of bytes from 1 to " + std::to_string(kMostBytes));
}

Parsed<std::size_t> ParseMaxLabelLength(std::string_view text) {
  if (text == "0") return 0;
  if (const auto bytes = ParseBytes(text, kLeastLabelLimit)) {
    return static_cast<std::size_t>(*bytes);
  }
  return Wrong(fmt::format("expected a number of bytes from {} to {}, or 0 for any",
                           kLeastLabelLimit, kMostBytes));
}

Parsed<HostPort> ParseListenPort(std::string_view text) {
  const auto port = ParsePort(text, 0);
  if (!port) return tl::unexpected(port.error());
  return HostPort{.host = "", .port = *port};
}

Parsed<std::string> ParseTelemetryPath(std::string_view text) {
  const bool is_printable = std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("?#%\"<>\\").find(c) == std::string_view::npos;
  });
  const bool is_taken = text.starts_with("/-/") || text == "/sd" || text == "/probe";
  if (is_printable && text.starts_with('/') && !is_taken) return std::string(text);
  return Wrong("expected a path such as /metrics, not /sd, not /probe and not below /-/");
}

Parsed<std::string> ParseOnceOutput(std::string_view text) {
  std::string path(text);
  const auto checked = CheckTextfilePath(path);
  if (!checked) return tl::unexpected(checked.error());
  return path;
}

Parsed<bool> ParseBool(std::string_view text) {
  if (text == "true" || text == "false") return text == "true";
  return Wrong("expected true or false");
}

Parsed<std::string> ParsePath(std::string_view text) {
  if (!text.empty()) return std::string(text);
  return Wrong("expected a file's path");
}

// Upper case and "warning" are what Python's loggers and older deployments use.
Parsed<LogLevel> ParseLogLevel(std::string_view text) {
  const std::string level = ToLower(text);
  if (level == "debug") return LogLevel::kDebug;
  if (level == "info") return LogLevel::kInfo;
  if (level == "warn" || level == "warning") return LogLevel::kWarn;
  if (level == "error") return LogLevel::kError;
  return Wrong("expected debug, info, warn or error");
}

Parsed<LogFormat> ParseLogFormat(std::string_view text) {
  const std::string format = ToLower(text);
  if (format == "logfmt") return LogFormat::kLogfmt;
  if (format == "json") return LogFormat::kJson;
  return Wrong("expected logfmt or json");
}

// "15" and "15s" are the same interval.
bool MeansSameDuration(std::string_view a, std::string_view b) {
  const auto left = ParseDuration(a);
  const auto right = ParseDuration(b);
  return left && right && *left == *right;
}

Checked CheckListenAddress(const Settings& settings) {
  if (settings.web.takes_systemd_sockets) {
    return Wrong(
        "expected no address beside the sockets of systemd; ListenStream= of the .socket unit says "
        "where to listen");
  }
  if (settings.command != Command::kHealthcheck) return {};
  if (settings.web.listen_addresses.front().port != 0) return {};
  return Wrong("expected a port for --healthcheck to ask; :0 stands for any");
}

Checked CheckHasHost(const Settings& settings) {
  if (settings.arkouda.default_target) return {};
  return Wrong("expected together with --arkouda.host; without it targets files name all servers");
}

Checked CheckHasFiles(const Settings& settings) {
  if (!settings.arkouda.targets_files.empty()) return {};
  return Wrong("expected together with --arkouda.targets-file");
}

Checked CheckIsOnce(const Settings& settings) {
  if (settings.command != Command::kServe) return {};
  return Wrong("expected together with --once");
}

void DeriveHost(Settings& settings) {
  if (settings.arkouda.targets_files.empty()) {
    settings.arkouda.default_target->address.host = "localhost";
  } else {
    settings.arkouda.default_target.reset();
  }
}

constexpr std::chrono::milliseconds kShortestInterval(100);
constexpr std::chrono::milliseconds kShortestTimeout(10);
constexpr std::string_view kListenAddress = "web.listen-address";
constexpr std::string_view kWebConfigFile = "web.config.file";

}  // namespace

const std::vector<SettingRow>& SettingRows() {
  using Text = std::string_view;
  static const std::vector<SettingRow> rows = {
      {.flag = "arkouda.host",
       .argument = "HOST",
       .variables = {"ARKOUDA_METRICS_SERVICE_HOST", "ARKOUDA_METRICS_SERVICE_NAME"},
       .shown_default = "localhost, none with --arkouda.targets-file",
       .help = "Host of Arkouda's metrics socket",
       .about = "`localhost`, none with `--arkouda.targets-file`",
       .take =
           [](Settings& s, Text text) {
             return Store(s.arkouda.default_target->address.host, ParseArkoudaHost(text));
           },
       .derive = DeriveHost},
      {.flag = "arkouda.port",
       .argument = "PORT",
       .variables = {"ARKOUDA_METRICS_SERVICE_PORT"},
       .default_text = std::to_string(kDefaultMetricsPort),
       .help = "Port of Arkouda's metrics socket",
       .about = "5556",
       .take =
           [](Settings& s, Text text) {
             return Store(s.arkouda.default_target->address.port, ParsePort(text, 1));
           },
       .check = CheckHasHost,
       .is_port_variable = true},
      {.flag = "arkouda.server-name",
       .argument = "NAME",
       .variables = {"ARKOUDA_METRICS_SERVER_NAME", "ARKOUDA_SERVER_NAME"},
       .default_text = "arkouda-metrics",
       .help = "Value of the label arkouda_server_name",
       .about = "`arkouda-metrics`",
       .take =
           [](Settings& s, Text text) {
             return Store(s.arkouda.default_target->server_name, ParseServerName(text));
           },
       .check = CheckHasHost},
      {.flag = "arkouda.targets-file",
       .argument = "FILE",
       .variables = {"ARKOUDA_TARGETS_FILES"},
       .shown_default = "none",
       .help =
           "Servers to watch, as Prometheus' file_sd has them, repeatable: targets.json, "
           "targets/*.yml\n      (the variable: with commas between); read again when it changes",
       .about = "none; repeatable, in the variable several with commas between: a file of servers, "
                "or a pattern of files such as `/etc/arkouda/*.json`, in the format of Prometheus' "
                "file_sd, read again when it changes. A file that is not there yet may come later",
       .take =
           [](Settings& s, Text text) {
             return Append(s.arkouda.targets_files, TargetsPattern::Parse(text));
           },
       .is_repeatable = true},
      {.flag = "arkouda.targets-allow",
       .argument = "PATTERN",
       .variables = {"ARKOUDA_EXPORTER_TARGETS_ALLOW"},
       .shown_default = "any",
       .help = "Servers that targets files may name, repeatable: node*:5556-5655\n"
               "      (the variable: with commas between)",
       .about =
           "any; repeatable, in the variable several with commas between: servers that targets "
           "files may name, `node*:5556-5655`; others are left out",
       .take =
           [](Settings& s, Text text) {
             return Append(s.arkouda.targets_allow, TargetPattern::Parse(text));
           },
       .check = CheckHasFiles,
       .is_repeatable = true},
      {.flag = "arkouda.targets-owner-label",
       .argument = "LABEL",
       .variables = {"ARKOUDA_EXPORTER_TARGETS_OWNER_LABEL"},
       .shown_default = "none",
       .help = "Label that says to whom a targets file belongs, such as slurm_user; no entry may "
               "say otherwise,\n      but for those of root's files",
       .about =
           "none; a label such as `slurm_user`: it says to whom the file belongs that names a "
           "server. An entry that says otherwise is left out, but root's files may say anything",
       .take =
           [](Settings& s, Text text) {
             return Store(s.arkouda.targets_owner_label, ParseOwnerLabel(text));
           },
       .check = CheckHasFiles},
      {.flag = "arkouda.user",
       .argument = "NAME",
       .variables = {"ARKOUDA_METRICS_USER"},
       .default_text = "prometheus-arkouda-exporter",
       .help = "User name in requests to Arkouda",
       .about = "`prometheus-arkouda-exporter`",
       .take = [](Settings& s, Text text) { return Store(s.arkouda.user, ParseUser(text)); }},
      {.flag = "arkouda.token-file",
       .argument = "FILE",
       .variables = {"ARKOUDA_TOKEN_FILE"},
       .shown_default = "none",
       .help = "File whose first line is the token in requests; read again when it changes",
       .about = "none; the file's first line, read again when it changes, never logged",
       .take =
           [](Settings& s, Text text) {
             return Store(s.arkouda.token_file, TokenFile::Open(std::string(text)));
           }},
      {.flag = "arkouda.timeout",
       .argument = "DURATION",
       .variables = {"ARKOUDA_METRICS_TIMEOUT"},
       .shown_default = "the polling interval, at most 10s",
       .help = "How long a poll may take",
       .about = "the interval, at most 10 s",
       .take =
           [](Settings& s, Text text) {
             return Store(s.arkouda.timeout, ParseDurationFrom(kShortestTimeout, text));
           },
       .derive =
           [](Settings& s) { s.arkouda.timeout = DefaultTimeout(s.arkouda.polling_interval); },
       .means_same = MeansSameDuration},
      {.flag = "arkouda.max-reply-bytes",
       .argument = "BYTES",
       .variables = {"ARKOUDA_METRICS_MAX_REPLY_BYTES"},
       .default_text = "268435456",
       .help = "Largest reply that is accepted",
       .about = "268435456",
       .take =
           [](Settings& s, Text text) {
             return Store(s.arkouda.max_reply_bytes, ParseMaxReplyBytes(text));
           }},
      {.flag = "arkouda.max-label-length",
       .argument = "BYTES",
       .variables = {"ARKOUDA_METRICS_MAX_LABEL_LENGTH"},
       .default_text = "1024",
       .help = "Longest label value that is not cut, at least 64; 0: any",
       .about =
           "1024, in bytes (at least 64); 0 for any. Any client chooses its own user name, and "
           "Prometheus drops a whole target for one label value that is over its limit. A "
           "longer one is cut between two characters and ends in `~` and a hash, so that two "
           "stay two",
       .take =
           [](Settings& s, Text text) {
             return Store(s.metrics.max_label_length, ParseMaxLabelLength(text));
           }},
      {.flag = "arkouda.timezone",
       .argument = "ZONE",
       .variables = {"ARKOUDA_METRICS_TIMEZONE"},
       .shown_default = "local",
       .help = "IANA time zone of Arkouda's timestamps, such as America/New_York",
       .about =
           "local; an IANA name: the zone of the server's timestamps where they do not name one",
       .take =
           [](Settings& s, Text text) {
             return Store(s.arkouda.timezone, TimeZone::Named(std::string(text)));
           }},
      {.flag = "polling-interval",
       .argument = "DURATION",
       .variables = {"METRICS_POLLING_INTERVAL", "POLLING_INTERVAL_SECONDS",
                     "ARKOUDA_METRICS_POLLING_INTERVAL", "ARKOUDA_EXPORTER_POLLING_INTERVAL"},
       .default_text = "5s",
       .help = "How often Arkouda is polled",
       .about = "5 s",
       .take =
           [](Settings& s, Text text) {
             return Store(s.arkouda.polling_interval, ParseDurationFrom(kShortestInterval, text));
           },
       .means_same = MeansSameDuration},
      {.flag = kListenAddress,
       .argument = "ADDRESS",
       .variables = {"METRICS_SCRAPE_PORT", "EXPORT_PORT"},
       .default_text = ":5080",
       .help =
           "Where to serve HTTP, repeatable: :5080, 127.0.0.1:5080, [::1]:5080, :0 for any free "
           "port (the variables: a port)",
       .about = "`:5080`; repeatable: `127.0.0.1:5080`, `[::1]:5080`, `name:5080` for all its "
                "addresses (`localhost` has two), `:0` for any free port, which is logged; the "
                "variables take a port",
       .take =
           [](Settings& s, Text text) {
             return Append(s.web.listen_addresses, HostPort::ParseListenAddress(text));
           },
       .take_variable =
           [](Settings& s, Text text) {
             return Append(s.web.listen_addresses, ParseListenPort(text));
           },
       .check = CheckListenAddress,
       .is_repeatable = true,
       .is_port_variable = true},
      {.flag = "web.telemetry-path",
       .argument = "PATH",
       .variables = {},
       .default_text = "/metrics",
       .help = "Path of the metrics",
       .about = "`/metrics`",
       .take = [](Settings& s,
                  Text text) { return Store(s.web.telemetry_path, ParseTelemetryPath(text)); }},
      {.flag = kWebConfigFile,
       .argument = "FILE",
       .variables = {"ARKOUDA_EXPORTER_WEB_CONFIG_FILE"},
       .shown_default = "none",
       .help = "TLS, passwords and more, as Prometheus' exporters have them; read again when it "
               "changes",
       .about =
           "none; TLS, passwords, headers and a rate limit, in the format of Prometheus and its "
           "exporters ([docs/web-configuration.md](docs/web-configuration.md))",
       .take = [](Settings& s, Text text) { return Store(s.web.config_file, ParsePath(text)); }},
      {.flag = "web.systemd-socket",
       .argument = "BOOL",
       .variables = {},
       .implicit_text = "true",
       .shown_default = "true when a .socket unit hands them over",
       .help = "Serve on systemd's sockets instead of --web.listen-address",
       .about =
           "true when a `.socket` unit hands them over, else false: serve on systemd's sockets "
           "instead of `--web.listen-address`; the flag alone: refuse to start without them",
       .take = [](Settings& s,
                  Text text) { return Store(s.web.takes_systemd_sockets, ParseBool(text)); },
       .derive = [](Settings& s) { s.web.takes_systemd_sockets = Listener::AreHandedOver(); }},
      {.flag = "web.enable-lifecycle",
       .argument = "BOOL",
       .variables = {},
       .default_text = "false",
       .implicit_text = "true",
       .help = "Let POST /-/reload have all files read again",
       .about = "false; true, or the flag alone: `POST /-/reload` has all files read again",
       .take = [](Settings& s, Text text) { return Store(s.web.has_lifecycle, ParseBool(text)); }},
      {.flag = "web.probe-allow",
       .argument = "PATTERN",
       .variables = {"ARKOUDA_EXPORTER_PROBE_ALLOW"},
       .shown_default = "none",
       .help = "Servers that /probe may ask beside those that are watched, repeatable: node*:5556\n"
               "      (the variable: with commas between)",
       .about = "none; repeatable, in the variable several with commas between: servers that "
                "`/probe` may ask beside those that are watched: `node*:5556`, "
                "`*.cluster.local:5556`, `10.1.0.0/16:5556`, `[fd00::]/64:*`",
       .take = [](Settings& s,
                  Text text) { return Append(s.web.probe_allow, TargetPattern::Parse(text)); },
       .is_repeatable = true},
      {.flag = "once.output",
       .argument = "FILE",
       .variables = {},
       .shown_default = "standard output",
       .help = "Where --once writes the page: beside the file, then renamed, readable by all",
       .about =
           "standard output; a file for `--once` to write: beside it, then renamed, readable by "
           "all",
       .take = [](Settings& s, Text text) { return Store(s.once_output, ParseOnceOutput(text)); },
       .check = CheckIsOnce},
      {.flag = "log.level",
       .argument = "LEVEL",
       .variables = {"LOG_LEVEL"},
       .shown_default = "info, with --once warn",
       .help = "Lowest level that is logged: debug, info, warn, error",
       .about = "`info`, with `--once` `warn`",
       .take = [](Settings& s, Text text) { return Store(s.log.level, ParseLogLevel(text)); },
       .derive = [](Settings& s) { s.log.level = DefaultLogLevel(s.command); }},
      {.flag = "log.format",
       .argument = "FORMAT",
       .variables = {"LOG_FORMAT"},
       .default_text = "logfmt",
       .help = "Format of the log: logfmt, json",
       .about = "`logfmt`",
       .take = [](Settings& s, Text text) { return Store(s.log.format, ParseLogFormat(text)); }},
  };
  return rows;
}

const std::vector<CommandRow>& CommandRows() {
  static const std::vector<CommandRow> rows = {
      {.flag = "once",
       .help =
           "Poll once, write the page in any case and exit: 0, or 1 when Arkouda did not answer",
       .command = Command::kOnce},
      {.flag = "check",
       .help =
           "Read flags, variables and the files that they name, say all that is wrong, and exit: "
           "0,\n      or 2 when something can't be used",
       .command = Command::kCheck,
       .check = CheckFiles},
      {.flag = "healthcheck",
       .help = "Ask the exporter that listens on the first --web.listen-address for /-/healthy and "
               "exit: 0,\n      or 1 when it did not answer 200 within 3s",
       .command = Command::kHealthcheck,
       .reads = {{kListenAddress, kWebConfigFile}}},
      {.flag = "version",
       .help = "Print version, revision, compiler and libraries, and exit",
       .command = Command::kVersion,
       .reads = std::vector<std::string_view>()},
      {.flag = "help",
       .help = "Print this text, and exit",
       .command = Command::kHelp,
       .reads = std::vector<std::string_view>()},
  };
  return rows;
}

std::string HelpOf(const SettingRow& row) {
  const std::string& shown = row.shown_default.empty() ? row.default_text : row.shown_default;
  const std::string argument = row.implicit_text.empty() ? fmt::format("={}", row.argument)
                                                         : fmt::format("[={}]", row.argument);
  std::string out =
      fmt::format("  --{}{}\n      {} (default: {})\n", row.flag, argument, row.help, shown);
  if (!row.variables.empty()) out += fmt::format("      [{}]\n", fmt::join(row.variables, ", "));
  return out;
}

}  // namespace arkouda_exporter
