#include "exporter/process/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cxxopts.hpp>
#include <limits>

#include "common/durations.h"
#include "common/host_port.h"
#include "common/metric.h"
#include "common/quote.h"
#include "exporter/arkouda/request.h"
#include "exporter/arkouda/time_zone.h"
#include "exporter/arkouda/token_file.h"
#include "exporter/metrics/label_value.h"
#include "exporter/process/textfile.h"
#include "exporter/process/version.h"

namespace arkouda_exporter {
namespace {

using Checked = tl::expected<void, std::string>;

constexpr const char* kDefault = "default";  // a setting's source

Checked Wrong(std::string expected) { return tl::unexpected(std::move(expected)); }

/// One setting: its flag, its variables from the strongest to the weakest, and what takes its text.
struct Row {
  std::string_view flag;
  std::string_view argument;
  std::vector<const char*> variables;
  std::string default_text;   // parsed like any other text, unless empty
  std::string shown_default;  // for --help, where that says more
  std::string_view help;
  std::function<Checked(Options&, std::string_view)> take;
  bool is_repeatable = false;
  /// The text of a variable as the flag would have it.
  std::function<std::string(std::string_view)> from_variable = nullptr;
  bool is_port_variable = false;
  bool is_for_healthcheck = false;
};

template <typename T, typename Parse>
Checked Store(T& out, Parse parsed) {
  if (!parsed) return tl::unexpected(std::move(parsed).error());
  out = *std::move(parsed);
  return {};
}

Checked TakeHost(Options& options, std::string_view text) {
  auto host = ParseHost(text);
  if (!host) {
    return Wrong(std::move(host).error() +
                 "; expected a host name or address alone; the port goes to --arkouda.port");
  }
  options.address.host = *std::move(host);
  return {};
}

Checked TakeUser(Options& options, std::string_view text) {
  if (text.empty() || !Requests::IsSendable(text)) {
    return Wrong(
        "expected a name in UTF-8 without quotes, backslashes and control characters, which could "
        "halt the server");
  }
  options.user = text;
  return {};
}

Checked TakeServerName(Options& options, std::string_view text) {
  if (text.empty() || !IsUtf8(text)) return Wrong("expected a label value in UTF-8, not empty");
  options.server_name = text;
  return {};
}

Checked TakeTokenFile(Options& options, std::string_view text) {
  options.token_file = text;
  const auto token = ReadTokenFile(options.token_file);
  return token ? Checked() : Wrong(token.error());
}

// The bounds keep a mistyped unit from harming the server, and libzmq's milliseconds in an int.
Checked TakeDuration(std::chrono::milliseconds& out, std::string_view text,
                     std::chrono::milliseconds least) {
  constexpr std::chrono::hours kMost(24);
  const auto duration = ParseDuration(text);
  if (!duration) return tl::unexpected(duration.error());
  if (*duration < least || *duration > kMost) {
    return Wrong("expected a duration from " + FormatDuration(least) + " to " +
                 FormatDuration(kMost));
  }
  out = *duration;
  return {};
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

Checked TakeMaxReplyBytes(Options& options, std::string_view text) {
  const auto bytes = ParseBytes(text, 1);
  if (!bytes) return Wrong("expected a number of bytes from 1 to " + std::to_string(kMostBytes));
  options.max_reply_bytes = *bytes;
  return {};
}

Checked TakeMaxLabelLength(Options& options, std::string_view text) {
  const auto bytes = text == "0" ? 0 : ParseBytes(text, kLeastLabelLimit);
  if (!bytes) {
    return Wrong(fmt::format("expected a number of bytes from {} to {}, or 0 for any",
                             kLeastLabelLimit, kMostBytes));
  }
  options.max_label_length = static_cast<std::size_t>(*bytes);
  return {};
}

Checked TakeTimezone(Options& options, std::string_view text) {
  options.timezone = text;
  const auto zone = TimeZone::Named(options.timezone);
  return zone ? Checked() : Wrong(zone.error());
}

Checked TakeListenAddress(Options& options, std::string_view text) {
  auto address = HostPort::ParseListenAddress(text);
  if (!address) return tl::unexpected(std::move(address).error());
  options.listen_addresses.push_back(*std::move(address));
  return {};
}

Checked TakeOnceOutput(Options& options, std::string_view text) {
  options.once_output = text;
  return CheckTextfilePath(options.once_output);
}

Checked TakeTelemetryPath(Options& options, std::string_view text) {
  const bool is_printable = std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && std::string_view("?#%\"<>\\").find(c) == std::string_view::npos;
  });
  if (text.empty() || text.front() != '/' || !is_printable || text.substr(0, 3) == "/-/") {
    return Wrong("expected a path such as /metrics, not below /-/");
  }
  options.telemetry_path = text;
  return {};
}

std::string ToLower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return out;
}

// Upper case and "warning" are what Python's loggers and older deployments use.
Checked TakeLogLevel(Options& options, std::string_view text) {
  const std::string level = ToLower(text);
  if (level == "debug") {
    options.log_level = LogLevel::kDebug;
  } else if (level == "info") {
    options.log_level = LogLevel::kInfo;
  } else if (level == "warn" || level == "warning") {
    options.log_level = LogLevel::kWarn;
  } else if (level == "error") {
    options.log_level = LogLevel::kError;
  } else {
    return Wrong("expected debug, info, warn or error");
  }
  return {};
}

Checked TakeLogFormat(Options& options, std::string_view text) {
  const std::string format = ToLower(text);
  if (format != "logfmt" && format != "json") return Wrong("expected logfmt or json");
  options.log_format = format == "json" ? LogFormat::kJson : LogFormat::kLogfmt;
  return {};
}

constexpr std::chrono::milliseconds kShortestInterval(100);
constexpr std::chrono::milliseconds kShortestTimeout(10);
constexpr std::chrono::seconds kLongestDefaultTimeout(10);

const std::vector<Row>& Table() {
  static const std::vector<Row> table = {
      {.flag = "arkouda.host",
       .argument = "HOST",
       .variables = {"ARKOUDA_METRICS_SERVICE_HOST", "ARKOUDA_METRICS_SERVICE_NAME"},
       .default_text = "localhost",
       .help = "Host of Arkouda's metrics socket",
       .take = TakeHost},
      {.flag = "arkouda.port",
       .argument = "PORT",
       .variables = {"ARKOUDA_METRICS_SERVICE_PORT"},
       .default_text = std::to_string(kDefaultMetricsPort),
       .help = "Port of Arkouda's metrics socket",
       .take = [](Options& o,
                  std::string_view text) { return Store(o.address.port, ParsePort(text, 1)); },
       .is_port_variable = true},
      {.flag = "arkouda.server-name",
       .argument = "NAME",
       .variables = {"ARKOUDA_METRICS_SERVER_NAME", "ARKOUDA_SERVER_NAME"},
       .default_text = "arkouda-metrics",
       .help = "Value of the label arkouda_server_name",
       .take = TakeServerName},
      {.flag = "arkouda.user",
       .argument = "NAME",
       .variables = {"ARKOUDA_METRICS_USER"},
       .default_text = "prometheus-arkouda-exporter",
       .help = "User name in requests to Arkouda",
       .take = TakeUser},
      {.flag = "arkouda.token-file",
       .argument = "FILE",
       .variables = {"ARKOUDA_TOKEN_FILE"},
       .shown_default = "none",
       .help = "File whose first line is the token in requests; read again when it changes",
       .take = TakeTokenFile},
      {.flag = "arkouda.timeout",
       .argument = "DURATION",
       .variables = {"ARKOUDA_METRICS_TIMEOUT"},
       .shown_default = "the polling interval, at most 10s",
       .help = "How long a poll may take",
       .take =
           [](Options& o, std::string_view text) {
             return TakeDuration(o.timeout, text, kShortestTimeout);
           }},
      {.flag = "arkouda.max-reply-bytes",
       .argument = "BYTES",
       .variables = {"ARKOUDA_METRICS_MAX_REPLY_BYTES"},
       .default_text = "268435456",
       .help = "Largest reply that is accepted",
       .take = TakeMaxReplyBytes},
      {.flag = "arkouda.max-label-length",
       .argument = "BYTES",
       .variables = {"ARKOUDA_METRICS_MAX_LABEL_LENGTH"},
       .default_text = "1024",
       .help = "Longest label value that is not cut, at least 64; 0: any",
       .take = TakeMaxLabelLength},
      {.flag = "arkouda.timezone",
       .argument = "ZONE",
       .variables = {"ARKOUDA_METRICS_TIMEZONE"},
       .shown_default = "local",
       .help = "IANA time zone of Arkouda's timestamps, such as America/New_York",
       .take = TakeTimezone},
      {.flag = "polling-interval",
       .argument = "DURATION",
       .variables = {"METRICS_POLLING_INTERVAL", "POLLING_INTERVAL_SECONDS",
                     "ARKOUDA_METRICS_POLLING_INTERVAL", "ARKOUDA_EXPORTER_POLLING_INTERVAL"},
       .default_text = "5s",
       .help = "How often Arkouda is polled",
       .take =
           [](Options& o, std::string_view text) {
             return TakeDuration(o.polling_interval, text, kShortestInterval);
           }},
      {.flag = "web.listen-address",
       .argument = "ADDRESS",
       .variables = {"METRICS_SCRAPE_PORT", "EXPORT_PORT"},
       .default_text = ":5080",
       .help =
           "Where to serve HTTP, repeatable: :5080, 127.0.0.1:5080, [::1]:5080, :0 for any free "
           "port (the variables: a port)",
       .take = TakeListenAddress,
       .is_repeatable = true,
       .from_variable = [](std::string_view port) { return ":" + std::string(port); },
       .is_port_variable = true,
       .is_for_healthcheck = true},
      {.flag = "web.telemetry-path",
       .argument = "PATH",
       .variables = {},
       .default_text = "/metrics",
       .help = "Path of the metrics",
       .take = TakeTelemetryPath},
      {.flag = "once.output",
       .argument = "FILE",
       .variables = {},
       .shown_default = "standard output",
       .help = "Where --once writes the page: beside the file, then renamed, readable by all",
       .take = TakeOnceOutput},
      {.flag = "log.level",
       .argument = "LEVEL",
       .variables = {"LOG_LEVEL"},
       .default_text = "info",
       .shown_default = "info, with --once warn",
       .help = "Lowest level that is logged: debug, info, warn, error",
       .take = TakeLogLevel},
      {.flag = "log.format",
       .argument = "FORMAT",
       .variables = {"LOG_FORMAT"},
       .default_text = "logfmt",
       .help = "Format of the log: logfmt, json",
       .take = TakeLogFormat},
  };
  return table;
}

std::string HelpText() {
  std::string out =
      "Usage: prometheus-arkouda-exporter [FLAG…]\n\n"
      "Polls the metrics socket of an Arkouda server and serves its metrics to Prometheus.\n"
      "A flag beats its variables, of which the first that is set counts, and these beat the "
      "default.\n\n";
  for (const Row& row : Table()) {
    const std::string& shown = row.shown_default.empty() ? row.default_text : row.shown_default;
    out +=
        fmt::format("  --{}={}\n      {} (default: {})\n", row.flag, row.argument, row.help, shown);
    if (!row.variables.empty()) out += fmt::format("      [{}]\n", fmt::join(row.variables, ", "));
  }
  out +=
      "  --once\n      Poll once, write the page in any case and exit: 0, or 1 when Arkouda did "
      "not "
      "answer\n"
      "  --healthcheck\n      Ask the exporter that listens on the first --web.listen-address for "
      "/-/healthy and exit: 0,\n      or 1 when it did not answer 200 within 3s\n"
      "  --version\n      Print version, revision, compiler and libraries, and exit\n"
      "  --help\n      Print this text, and exit\n";
  return out;
}

std::string Quoted(std::string_view text) { return "\"" + QuoteBytes(Excerpt(text)) + "\""; }

std::string BadValue(std::string_view name, std::string_view text, std::string_view expected) {
  return fmt::format("{}={}: {}", name, Quoted(text), expected);
}

/// Kubernetes injects NAME_PORT=tcp://ADDRESS:PORT for every Service of the namespace (Kubernetes,
/// "Accessing the Service", environment variables). That is nobody's setting.
bool IsServiceLink(const Row& row, std::string_view text) {
  return row.is_port_variable && text.find("://") != std::string_view::npos;
}

/// Takes the variables of one row: the strongest that is set, and a warning for each weaker one
/// that means something else, and for each that Kubernetes has set.
class Environment {
 public:
  Environment(const GetEnvironment& get, std::vector<std::string>& errors,
              std::vector<std::string>& warnings)
      : get_(get), errors_(errors), warnings_(warnings) {}

  /// Returns whether a variable of the row was set.
  bool Take(const Row& row, Options& options) {
    const char* taken = nullptr;
    std::string_view taken_text;
    for (const char* const variable : row.variables) {
      const char* const value = get_(variable);
      if (value == nullptr || *value == '\0') continue;
      if (IsServiceLink(row, value)) {
        warnings_.push_back(
            BadValue(variable, value,
                     "passed over, since this is a Kubernetes service link and not a port; rename "
                     "the Service, or set enableServiceLinks: false in the pod"));
        continue;
      }
      if (taken == nullptr) {
        taken = variable;
        taken_text = value;
      } else if (!MeanSame(row, taken_text, value)) {
        warnings_.push_back(fmt::format("{}={} is used, {}={} disagrees and is ignored", taken,
                                        Quoted(taken_text), variable, Quoted(value)));
      }
    }
    if (taken == nullptr) return false;
    if (row.from_variable && !ParsePort(taken_text, 0)) {
      errors_.push_back(BadValue(taken, taken_text, ParsePort(taken_text, 0).error()));
      return true;
    }
    if (const Checked checked = row.take(options, TextOf(row, taken_text)); !checked) {
      errors_.push_back(BadValue(taken, taken_text, checked.error()));
    }
    options.settings.push_back(
        {.flag = row.flag, .source = taken, .value = std::string(taken_text)});
    return true;
  }

 private:
  static std::string TextOf(const Row& row, std::string_view variable_text) {
    return row.from_variable ? row.from_variable(variable_text) : std::string(variable_text);
  }

  // "15" and "15s" are the same interval.
  static bool MeanSame(const Row& row, std::string_view a, std::string_view b) {
    if (a == b) return true;
    if (row.argument != "DURATION") return false;
    const auto left = ParseDuration(a);
    const auto right = ParseDuration(b);
    return left && right && *left == *right;
  }

  const GetEnvironment& get_;
  std::vector<std::string>& errors_;
  std::vector<std::string>& warnings_;
};

cxxopts::Options DeclareFlags() {
  cxxopts::Options flags("prometheus-arkouda-exporter");
  flags.allow_unrecognised_options();
  auto add = flags.add_options();
  for (const Row& row : Table()) {
    add(std::string(row.flag), "", cxxopts::value<std::string>());
  }
  add("once", "")("healthcheck", "")("version", "")("help", "");
  return flags;
}

/// The texts given for one flag, as they were given: cxxopts would split them at commas.
std::vector<std::string> FlagTexts(const cxxopts::ParseResult& parsed, const Row& row) {
  std::vector<std::string> texts;
  for (const auto& argument : parsed.arguments()) {
    if (argument.key() == row.flag) texts.push_back(argument.value());
  }
  return texts;
}

void TakeFlag(const Row& row, const std::vector<std::string>& texts, Options& options,
              std::vector<std::string>& errors) {
  const std::string flag = "--" + std::string(row.flag);
  if (!row.is_repeatable && texts.size() > 1) {
    errors.push_back(BadValue(flag, texts.back(), "given more than once, expected at most one"));
    return;
  }
  for (const std::string& text : texts) {
    if (const Checked checked = row.take(options, text); !checked) {
      errors.push_back(BadValue(flag, text, checked.error()));
    }
    options.settings.push_back({.flag = row.flag, .source = flag, .value = text});
  }
}

void TakeDefault(const Row& row, Options& options) {
  if (!row.default_text.empty()) {
    [[maybe_unused]] const Checked checked = row.take(options, row.default_text);
    assert(checked);
  }
  options.settings.push_back({.flag = row.flag, .source = kDefault, .value = row.default_text});
}

}  // namespace

std::string Options::Describe(std::string_view flag) const {
  std::vector<std::string> values;
  std::string source = "--" + std::string(flag);  // also of a default, which a flag would change
  for (const Setting& setting : settings) {
    if (setting.flag != flag) continue;
    values.push_back(setting.value);
    if (setting.source != kDefault) source = setting.source;
  }
  return fmt::format("{}={}", source, Quoted(fmt::format("{}", fmt::join(values, ","))));
}

bool Options::IsDefault(std::string_view flag) const {
  return std::none_of(settings.begin(), settings.end(), [&](const Setting& setting) {
    return setting.flag == flag && setting.source != kDefault;
  });
}

tl::expected<CommandLine, std::vector<std::string>> ParseCommandLine(
    int argc, const char* const* argv, const GetEnvironment& get_environment) {
  CommandLine line;
  Options options;
  std::vector<std::string> errors;
  Environment environment(get_environment, errors, line.warnings);
  bool is_healthcheck = false;
  try {
    cxxopts::Options flags = DeclareFlags();
    const cxxopts::ParseResult parsed = flags.parse(argc, argv);
    if (parsed.count("help") != 0) return CommandLine{.text = HelpText()};
    if (parsed.count("version") != 0) return CommandLine{.text = VersionText()};
    options.once = parsed.count("once") != 0;
    is_healthcheck = parsed.count("healthcheck") != 0;
    if (options.once && is_healthcheck) {
      errors.emplace_back("--once, --healthcheck: expected only one of them");
    }
    for (const std::string& unknown : parsed.unmatched()) {
      // cxxopts has no flags whose values have line ends.
      const bool has_line_end = unknown.find_first_of("\r\n") != std::string::npos;
      errors.push_back(Quoted(unknown) + (has_line_end ? ": expected a value without line ends"
                                                       : ": no such flag, see --help"));
    }
    for (const Row& row : Table()) {
      if (is_healthcheck && !row.is_for_healthcheck) continue;
      if (const auto texts = FlagTexts(parsed, row); !texts.empty()) {
        TakeFlag(row, texts, options, errors);
      } else if (!environment.Take(row, options)) {
        TakeDefault(row, options);
      }
    }
  } catch (const cxxopts::exceptions::exception& error) {
    errors.push_back(std::string(error.what()) + ", see --help");
    // Which flags were given isn't known then; what is wrong in the environment is all the same.
    for (const Row& row : Table()) environment.Take(row, options);
  }
  if (is_healthcheck && errors.empty()) {
    line.healthcheck = options.listen_addresses.front();
    if (line.healthcheck->port != 0) return line;
    errors.push_back(options.Describe("web.listen-address") +
                     ": expected a port for --healthcheck to ask; :0 stands for any");
  }
  if (!options.once && !options.once_output.empty()) {
    errors.push_back(options.Describe("once.output") + ": expected together with --once");
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  // cron mails whatever a command says.
  if (options.once && options.IsDefault("log.level")) options.log_level = LogLevel::kWarn;
  if (options.timeout == std::chrono::milliseconds::zero()) {
    options.timeout =
        std::min<std::chrono::milliseconds>(options.polling_interval, kLongestDefaultTimeout);
  }
  line.options = std::move(options);
  return line;
}

}  // namespace arkouda_exporter
