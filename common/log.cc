#include "common/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "common/quote.h"

namespace arkouda_exporter {
namespace {

// spdlog keeps the time, the level and the lock; the fields are joined here, since its patterns
// can't escape. In both formats the message that reaches the pattern is already escaped.
constexpr const char* kLogfmtPattern = "ts=%Y-%m-%dT%H:%M:%S.%eZ %v";
constexpr const char* kJsonPattern = R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ",%v})";

struct LogState {
  LogFormat format = LogFormat::kLogfmt;
  spdlog::logger logger;

  LogState() : logger("", std::make_shared<spdlog::sinks::stderr_sink_mt>()) { Use(format); }

  void Use(LogFormat wanted) {
    format = wanted;
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        wanted == LogFormat::kJson ? kJsonPattern : kLogfmtPattern,
        spdlog::pattern_time_type::utc));
  }
};

LogState& State() {
  static LogState state;
  return state;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      break;
  }
  return spdlog::level::err;
}

std::string_view Name(LogLevel level) {
  constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

std::string LogfmtValue(std::string_view value) {
  const bool is_plain = !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '=' && c != '\\';
  });
  return is_plain ? std::string(value) : fmt::format("\"{}\"", QuoteBytes(value));
}

// Bytes that are not UTF-8 have no place in JSON, and are shown as U+FFFD.
std::string JsonValue(std::string_view value) {
  return nlohmann::json(std::string(value))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void SetUpLog(LogLevel least, LogFormat format) {
  State().Use(format);
  State().logger.set_level(ToSpdlog(least));
}

bool IsLogged(LogLevel level) { return State().logger.should_log(ToSpdlog(level)); }

void Log(LogLevel level, std::string_view message, LogFields fields) {
  if (!IsLogged(level)) return;
  const bool is_json = State().format == LogFormat::kJson;
  std::string line;
  const auto append = [&](std::string_view key, std::string_view value) {
    if (!line.empty()) line += is_json ? "," : " ";
    if (is_json) {
      fmt::format_to(std::back_inserter(line), "\"{}\":{}", key, JsonValue(value));
    } else {
      fmt::format_to(std::back_inserter(line), "{}={}", key, LogfmtValue(value));
    }
  };
  append("level", Name(level));
  append("msg", message);
  for (const LogField& field : fields) append(field.key, field.value);
  State().logger.log(ToSpdlog(level), line);
}

}  // namespace arkouda_exporter
