#include "test/simulator/reply_writer.h"

#include <fmt/compile.h>

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace arkouda_simulator {
namespace {

using arkouda_exporter::LocaleInfo;
using arkouda_exporter::Metric;
using arkouda_exporter::MetricScope;

void Append(fmt::memory_buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

bool IsPlain(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

void AppendEscape(fmt::memory_buffer& out, char c) {
  switch (c) {
    case '"':
      return Append(out, R"(\")");
    case '\\':
      return Append(out, R"(\\)");
    case '\b':
      return Append(out, R"(\b)");
    case '\f':
      return Append(out, R"(\f)");
    case '\n':
      return Append(out, R"(\n)");
    case '\r':
      return Append(out, R"(\r)");
    case '\t':
      return Append(out, R"(\t)");
    default:
      fmt::format_to(std::back_inserter(out), FMT_COMPILE("\\u{:04x}"),
                     static_cast<unsigned char>(c));
  }
}

void AppendValue(fmt::memory_buffer& out, std::string_view text) { AppendJsonString(out, text); }
void AppendValue(fmt::memory_buffer& out, double value) { AppendReal(out, value); }
void AppendValue(fmt::memory_buffer& out, std::int64_t number) {
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), number);
}

// The one place that lists an entry's fields, for the fast writer and for Fields alike.
template <typename Visitor>
void VisitFields(const Metric& metric, Visitor&& visit) {
  visit("name", metric.name);
  visit("category", arkouda_exporter::kCategoryNames[static_cast<std::size_t>(metric.category)]);
  visit("scope", arkouda_exporter::kScopeNames[static_cast<std::size_t>(metric.scope)]);
  visit("timestamp", metric.timestamp);
  visit("value", metric.value);
  if (metric.scope == MetricScope::kLocale) {
    visit("locale_num", metric.locale_num);
    visit("locale_name", metric.locale_name);
    visit("locale_hostname", metric.locale_hostname);
  } else if (metric.scope == MetricScope::kUser) {
    visit("user", metric.user);
  }
}

template <typename Value>
std::string Json(Value value) {
  fmt::memory_buffer out;
  AppendValue(out, value);
  return fmt::to_string(out);
}

}  // namespace

void AppendJsonString(fmt::memory_buffer& out, std::string_view text) {
  out.push_back('"');
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    const char* plain_end = at;
    while (plain_end != end && IsPlain(*plain_end)) ++plain_end;
    out.append(at, plain_end);
    at = plain_end;
    if (at != end) AppendEscape(out, *at++);
  }
  out.push_back('"');
}

void AppendReal(fmt::memory_buffer& out, double value) {
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{:.6e}"), value);
}

void AppendMetric(fmt::memory_buffer& out, const Metric& metric) {
  std::string_view before = "{\"";
  VisitFields(metric, [&](std::string_view key, const auto& value) {
    Append(out, before);
    Append(out, key);
    Append(out, "\":");
    AppendValue(out, value);
    before = ", \"";
  });
  out.push_back('}');
}

std::vector<Field> Fields(const Metric& metric) {
  std::vector<Field> fields;
  VisitFields(metric, [&](std::string_view key, const auto& value) {
    fields.push_back({.key = std::string(key), .json = Json(value)});
  });
  return fields;
}

std::vector<Field> Fields(const LocaleInfo& locale) {
  return {{.key = "name", .json = ToJson(locale.name)},
          {.key = "id", .json = ToJson(locale.id)},
          {.key = "hostname", .json = ToJson(locale.hostname)},
          {.key = "number_of_processing_units", .json = ToJson(locale.processing_units)},
          {.key = "physical_memory", .json = ToJson(locale.physical_memory)},
          {.key = "max_number_of_tasks", .json = ToJson(locale.max_tasks)}};
}

void AppendObject(fmt::memory_buffer& out, std::span<const Field> fields) {
  std::string_view before;
  out.push_back('{');
  for (const Field& field : fields) {
    Append(out, before);
    AppendJsonString(out, field.key);
    out.push_back(':');
    Append(out, field.json);
    before = ", ";
  }
  out.push_back('}');
}

std::string ToJson(std::string_view text) { return Json(text); }
std::string ToJson(std::int64_t number) { return Json(number); }

std::string WriteEnvelope(const Envelope& envelope) {
  fmt::memory_buffer out;
  out.push_back('{');
  if (envelope.msg) {
    Append(out, "\"msg\": ");
    AppendJsonString(out, *envelope.msg);
    Append(out, ", ");
  }
  Append(out, "\"msgType\": ");
  AppendJsonString(out, envelope.msg_type);
  Append(out, R"(, "msgFormat": "STRING", "user": )");
  AppendJsonString(out, envelope.user);
  if (envelope.has_payload) Append(out, R"(, "payload": "")");
  out.push_back('}');
  return fmt::to_string(out);
}

Timestamps::Timestamps(std::chrono::system_clock::time_point first)
    : since_epoch_(
          std::chrono::duration_cast<std::chrono::microseconds>(first.time_since_epoch())) {}

std::string_view Timestamps::Next() {
  const auto second = std::chrono::floor<std::chrono::seconds>(since_epoch_);
  // Only the microseconds change from entry to entry: the rest is written once a second.
  if (second != written_second_) {
    const std::time_t time = second.count();
    std::tm local{};
    localtime_r(&time, &local);
    fmt::format_to_n(text_.data(), text_.size(), "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.",
                     local.tm_year + 1900, local.tm_mon + 1, local.tm_mday, local.tm_hour,
                     local.tm_min, local.tm_sec);
    written_second_ = second;
  }
  auto rest = (since_epoch_ - second).count();
  for (std::size_t i = text_.size(); i > text_.size() - 6; --i) {
    text_[i - 1] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  ++since_epoch_;
  return {text_.data(), text_.size()};
}

}  // namespace arkouda_simulator
