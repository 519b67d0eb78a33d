#include "test/simulator/bad_entries.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "common/metric.h"
#include "test/simulator/reply_writer.h"

namespace arkouda_simulator {
namespace {

using arkouda_exporter::Metric;
using arkouda_exporter::MetricCategory;
using arkouda_exporter::MetricScope;

constexpr std::size_t kDepth = 100'000;
constexpr std::string_view kTimestamp = "2022-08-15T06:52:33.745847";

constexpr Metric Good(MetricScope scope) {
  Metric metric;
  metric.name = "bad";
  metric.scope = scope;
  metric.timestamp = kTimestamp;
  metric.value = 1;
  if (scope == MetricScope::kUser) metric.user = "bad";
  if (scope == MetricScope::kLocale) {
    metric.name = "arkouda_memory_used_per_locale";
    metric.category = MetricCategory::kSystem;
    metric.locale_name = "bad";
    metric.locale_hostname = "bad";
  }
  return metric;
}

constexpr MetricScope kGlobal = MetricScope::kGlobal;
constexpr MetricScope kLocale = MetricScope::kLocale;
constexpr MetricScope kUser = MetricScope::kUser;

// A good entry with one field's value replaced, or the field left out where there is no value.
struct Change {
  FaultKind fault;
  MetricScope good;  // which good entry
  std::string_view key;
  std::string_view json;
};

constexpr std::array<Change, 30> kChanges = {{
    {FaultKind::kWrongTypes, kGlobal, "name", "7"},
    {FaultKind::kWrongTypes, kGlobal, "category", "null"},
    {FaultKind::kWrongTypes, kGlobal, "scope", R"(["GLOBAL"])"},
    {FaultKind::kWrongTypes, kGlobal, "timestamp", "1660546353"},
    {FaultKind::kWrongTypes, kGlobal, "value", R"("1.000000e+00")"},
    {FaultKind::kWrongTypes, kGlobal, "value", "true"},
    {FaultKind::kWrongTypes, kGlobal, "value", "null"},
    {FaultKind::kWrongTypes, kGlobal, "value", R"({"value":1})"},
    {FaultKind::kWrongTypes, kLocale, "locale_num", R"("0")"},
    {FaultKind::kWrongTypes, kLocale, "locale_num", "0.5"},
    {FaultKind::kWrongTypes, kLocale, "locale_name", "null"},
    {FaultKind::kWrongTypes, kLocale, "locale_hostname", "5"},
    {FaultKind::kWrongTypes, kUser, "user", "7"},
    {FaultKind::kMissingField, kGlobal, "name", ""},
    {FaultKind::kMissingField, kGlobal, "category", ""},
    {FaultKind::kMissingField, kGlobal, "scope", ""},
    {FaultKind::kMissingField, kGlobal, "timestamp", ""},
    {FaultKind::kMissingField, kGlobal, "value", ""},
    {FaultKind::kMissingField, kLocale, "locale_num", ""},
    {FaultKind::kMissingField, kLocale, "locale_name", ""},
    {FaultKind::kMissingField, kLocale, "locale_hostname", ""},
    {FaultKind::kMissingField, kUser, "user", ""},
    {FaultKind::kUnknownCategory, kGlobal, "category", R"("GPU_TIME")"},
    {FaultKind::kUnknownCategory, kGlobal, "category", R"("num_requests")"},
    {FaultKind::kUnknownCategory, kGlobal, "category", R"("ALL")"},
    {FaultKind::kUnknownCategory, kGlobal, "category", R"("")"},
    {FaultKind::kUnknownScope, kGlobal, "scope", R"("RACK")"},
    {FaultKind::kUnknownScope, kGlobal, "scope", R"("global")"},
    {FaultKind::kUnknownScope, kGlobal, "scope", R"("REQUEST")"},
    {FaultKind::kUnknownScope, kGlobal, "scope", R"("")"},
}};

constexpr std::array<std::string_view, 5> kElementsThatAreNoObject = {"42", "null", R"("bad")",
                                                                      "[]", "false"};

std::string Apply(const Change& change) {
  std::vector<Field> fields = Fields(Good(change.good));
  const auto field = std::find_if(fields.begin(), fields.end(), [&](const Field& candidate) {
    return candidate.key == change.key;
  });
  if (change.json.empty()) {
    fields.erase(field);
  } else {
    field->json = change.json;
  }
  fmt::memory_buffer out;
  AppendObject(out, fields);
  return fmt::to_string(out);
}

}  // namespace

std::vector<std::string> BadEntries(const FaultSet& faults) {
  std::vector<std::string> entries;
  for (const Change& change : kChanges) {
    if (faults.Has(change.fault)) entries.push_back(Apply(change));
  }
  if (faults.Has(FaultKind::kWrongTypes)) {
    entries.insert(entries.end(), kElementsThatAreNoObject.begin(), kElementsThatAreNoObject.end());
  }
  if (faults.Has(FaultKind::kNonUtf8)) {
    const std::string user = ToJson(NameThatIsNoUtf8());
    entries.push_back(Apply({FaultKind::kNonUtf8, kUser, "user", user}));
  }
  if (faults.Has(FaultKind::kDeep)) {
    const std::string value = DeepArrays();
    entries.push_back(Apply({FaultKind::kDeep, kGlobal, "value", value}));
  }
  return entries;
}

std::string DeepArrays() { return std::string(kDepth, '[') + std::string(kDepth, ']'); }

std::string NameThatIsNoUtf8() { return "bad \xe9\x9b \xff\xfe \xc0\xaf"; }

}  // namespace arkouda_simulator
