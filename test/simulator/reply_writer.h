#pragma once

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <ctime>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/metric.h"

namespace arkouda_simulator {

// JSON as Chapel writes it: `"key":value`, fields and elements separated by ", ", reals as `%er`.
// Strings are escaped here and nowhere else; bytes that are not UTF-8 pass as they are.

/// Appends `text` in quotes.
void AppendJsonString(fmt::memory_buffer& out, std::string_view text);

/// Appends `1.234568e+07`, or a bare `nan`, `-nan`, `inf` or `-inf`.
void AppendReal(fmt::memory_buffer& out, double value);

/// Appends one entry of an `ALL` reply, with the fields of its scope.
void AppendMetric(fmt::memory_buffer& out, const arkouda_exporter::Metric& metric);

/// One field of an object, for whoever wants to alter an object before it is written.
struct Field {
  std::string key;
  std::string json;  ///< the value, as it will stand in the text
};

/// What AppendMetric would write.
std::vector<Field> Fields(const arkouda_exporter::Metric& metric);
std::vector<Field> Fields(const arkouda_exporter::LocaleInfo& locale);

void AppendObject(fmt::memory_buffer& out, std::span<const Field> fields);

/// The value of a field that is a string or an integer.
std::string ToJson(std::string_view text);
std::string ToJson(std::int64_t number);

/// What a reply's frame consists of.
struct Envelope {
  std::optional<std::string_view> msg;  ///< nothing: the field is left out
  std::string_view msg_type = "NORMAL";
  std::string_view user;
  bool has_payload = false;  ///< 2026 servers send an empty one
};

std::string WriteEnvelope(const Envelope& envelope);

/// The timestamps of one reply's entries: the process's local time without a zone, a microsecond
/// further for every entry.
class Timestamps {
 public:
  explicit Timestamps(std::chrono::system_clock::time_point first);

  /// `2022-08-15T06:52:33.745847`, valid until the next call.
  std::string_view Next();

 private:
  std::chrono::microseconds since_epoch_;
  std::optional<std::chrono::seconds> written_second_;
  std::array<char, 26> text_{};
};

}  // namespace arkouda_simulator
