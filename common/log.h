#pragma once

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>

namespace arkouda_exporter {

enum class LogLevel { kDebug, kInfo, kWarn, kError };
enum class LogFormat { kLogfmt, kJson };

/// One `key=value` of a log line. The key is a plain word; the value may be anything (it is
/// escaped, so that bytes from outside can't start a line of their own).
struct LogField {
  LogField(std::string_view key_in, std::string_view value_in) : key(key_in), value(value_in) {}
  LogField(std::string_view key_in, const char* value_in) : key(key_in), value(value_in) {}
  template <typename Number>
  requires(std::integral<Number> || std::floating_point<Number>)
      LogField(std::string_view key_in, Number number)
      : key(key_in), value(std::to_string(number)) {}

  std::string_view key;
  std::string value;
};

using LogFields = std::initializer_list<LogField>;

/// Says what is logged, and how. Until it is called: info and above, as logfmt. Call it before
/// other threads log.
void SetUpLog(LogLevel least, LogFormat format);

/// Writes one line on standard error, when `level` is logged at all. Any thread; lines never mix.
void Log(LogLevel level, std::string_view message, LogFields fields = {});

/// Whether a line of this level would be written: for fields that cost something to make.
bool IsLogged(LogLevel level);

inline void LogDebug(std::string_view message, LogFields fields = {}) {
  Log(LogLevel::kDebug, message, fields);
}
inline void LogInfo(std::string_view message, LogFields fields = {}) {
  Log(LogLevel::kInfo, message, fields);
}
inline void LogWarn(std::string_view message, LogFields fields = {}) {
  Log(LogLevel::kWarn, message, fields);
}
inline void LogError(std::string_view message, LogFields fields = {}) {
  Log(LogLevel::kError, message, fields);
}

}  // namespace arkouda_exporter
