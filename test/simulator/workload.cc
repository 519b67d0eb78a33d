#include "test/simulator/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <string_view>
#include <utility>

namespace arkouda_simulator {
namespace {

using arkouda_exporter::LocaleInfo;
using arkouda_exporter::Metric;
using arkouda_exporter::MetricCategory;
using arkouda_exporter::MetricScope;

constexpr double kPhysicalMemory = 256.0 * 1024 * 1024 * 1024;  // bytes, of every locale
constexpr std::int64_t kProcessingUnits = 64;
constexpr double kBytesPerGigabyte = 1e9;

constexpr std::array<std::string_view, 24> kCommandNames = {
    "connect",       "getconfig", "array",      "arange", "binopvv",        "reduce",
    "segmentedHash", "create",    "set",        "delete", "binopvs",        "opeqvs",
    "efunc",         "argsort",   "randint",    "[int]",  "segmentedIndex", "unique",
    "coargsort",     "cast",      "readAllHdf", "tohdf",  "groupby",        "info"};
// The same, as releases from v2024.10.02 on call them.
constexpr std::array<std::string_view, 24> kTypedCommandNames = {"connect",
                                                                 "getconfig",
                                                                 "array<int64,1>",
                                                                 "arange<int64,1>",
                                                                 "binopvv<int64,int64,1>",
                                                                 "sum<float64,2>",
                                                                 "segmentedHash",
                                                                 "create<int64,1>",
                                                                 "set<float64,1>",
                                                                 "delete",
                                                                 "binopvs<float64,1>",
                                                                 "opeqvs<int64,1>",
                                                                 "efunc<float64,2>",
                                                                 "argsort<int64,1>",
                                                                 "randint<int64,1>",
                                                                 "[int]<int64,1>",
                                                                 "segmentedIndex",
                                                                 "unique<int64,1>",
                                                                 "coargsort",
                                                                 "cast<int64,float64,1>",
                                                                 "readAllHdf",
                                                                 "tohdf",
                                                                 "groupby",
                                                                 "info"};
constexpr std::array<std::string_view, 3> kErrorTypes = {"IllegalArgumentError",
                                                         "UnknownSymbolError", "OutOfBoundsError"};

Metric MakeMetric(MetricCategory category, MetricScope scope, std::string_view name, double value) {
  Metric metric;
  metric.name = name;
  metric.category = category;
  metric.scope = scope;
  metric.value = value;
  return metric;
}

}  // namespace

Workload::NamePair Workload::MakeName(const std::string& plain, std::size_t index) {
  // The plain name is part of the hostile one, so that names stay distinct.
  const std::array<std::string, 8> hostile = {
      fmt::format(R"("{}")", plain),
      fmt::format(R"(back\slash\{}\)", plain),
      fmt::format("{}\nline\r\n\ttwo", plain),
      fmt::format("\u00fcn\u00efc\u00f6d\u00e9 \u96ea \U0001f680 {}\u2028", plain),
      fmt::format("\x01\x1f\x7f{}", plain),
      fmt::format("{}{{le=\"+Inf\"}} 1\n# HELP {} ", plain, plain),
      fmt::format(R"('{}', \"name\": \u0041\n)", plain),
      plain + std::string(4096, 'x')};
  return {.plain = plain, .hostile = hostile[index % hostile.size()]};
}

Workload::Workload(WorkloadSize size, std::uint64_t seed, Form form)
    : random_(seed),
      form_(form),
      memory_(size.mem_max ? static_cast<double>(*size.mem_max) : kPhysicalMemory),
      errors_(kErrorTypes.size()) {
  for (std::size_t i = 0; i < size.locales; ++i) {
    locales_.push_back({.name = MakeName(fmt::format("node{:04}", i), i),
                        .hostname = MakeName(fmt::format("node{:04}.cluster", i), i),
                        .used_bytes = (0.02 + 0.04 * Random()) * memory_});
  }
  for (std::size_t i = 0; i < size.commands; ++i) {
    const auto& names = form == Form::k2026 ? kTypedCommandNames : kCommandNames;
    const std::string name = i < names.size() ? std::string(names[i]) : fmt::format("cmd_{}", i);
    commands_.push_back({.name = MakeName(name, i),
                         .runs_a_step = 1.5 + 6 * Random(),
                         .usual_seconds = std::pow(10.0, -4 + 4 * Random())});
  }
  for (std::size_t i = 0; i < size.users; ++i) {
    users_.push_back({.name = MakeName(fmt::format("user_{}", i), i),
                      .runs = std::vector<double>(size.commands)});
  }
}

double Workload::Random() { return static_cast<double>(random_() >> 11U) * 0x1p-53; }

void Workload::Advance() {
  double gigabytes = 0;
  for (Locale& locale : locales_) {
    const double wanted = locale.used_bytes + (Random() - 0.48) * 0.04 * memory_;
    locale.used_bytes = std::clamp(wanted, 0.01 * memory_, 0.92 * memory_);
    gigabytes += locale.used_bytes / kBytesPerGigabyte;
  }
  for (std::size_t i = 0; i < commands_.size(); ++i) {
    Command& command = commands_[i];
    double runs = 0;
    for (User& user : users_) {
      const double user_runs = std::floor(Random() * command.runs_a_step);
      user.runs[i] += user_runs;
      runs += user_runs;
    }
    if (runs == 0) continue;
    command.runs += runs;
    command.last_seconds = command.usual_seconds * (0.5 + Random());
    command.total_seconds += command.last_seconds + (runs - 1) * command.usual_seconds;
    command.total_gigabytes += runs * gigabytes;
  }
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    if (Random() < 0.2) Fail(i, gigabytes);
  }
  connections_ = std::ceil(Random() * static_cast<double>(users_.size()));
}

void Workload::Fail(std::size_t error_type, double gigabytes) {
  if (form_ != Form::k2026) {
    errors_[error_type] += 1;
    return;
  }
  if (commands_.empty() || users_.empty()) return;
  const std::size_t i = failures_ % commands_.size();
  Command& command = commands_[i];
  users_[failures_ % users_.size()].runs[i] += 1;
  command.runs += 1;
  command.last_seconds = 0.1 * command.usual_seconds;
  command.total_seconds += command.last_seconds;
  command.total_gigabytes += gigabytes;
  ++failures_;
}

void Workload::Visit(std::optional<MetricCategory> category, Names names,
                     const Visitor& visit) const {
  const auto visit_global = [&](MetricCategory of, std::string_view name, double value) {
    visit(MakeMetric(of, MetricScope::kGlobal, name, value));
  };
  const auto wants = [&](MetricCategory candidate) { return !category || *category == candidate; };
  const auto visit_commands = [&](MetricCategory of, const auto& value_of) {
    if (!wants(of)) return;
    for (const Command& command : commands_) {
      visit_global(of, command.name.Get(names), value_of(command));
    }
  };
  const bool has_totals = form_ != Form::k2022;

  visit_commands(MetricCategory::kNumRequests, [](const Command& command) { return command.runs; });
  if (wants(MetricCategory::kNumRequests)) {
    double total = 0;
    for (const Command& command : commands_) total += command.runs;
    visit_global(MetricCategory::kNumRequests, "total", total);
  }
  visit_commands(MetricCategory::kResponseTime,
                 [](const Command& command) { return command.last_seconds; });
  if (has_totals) {
    visit_commands(MetricCategory::kAvgResponseTime, [](const Command& command) {
      return command.runs == 0 ? 0 : command.total_seconds / command.runs;
    });
    visit_commands(MetricCategory::kTotalResponseTime,
                   [](const Command& command) { return command.total_seconds; });
    visit_commands(MetricCategory::kTotalMemoryUsed,
                   [](const Command& command) { return command.total_gigabytes; });
  }
  if (wants(MetricCategory::kSystem)) VisitLocales(visit);
  if (wants(MetricCategory::kServer)) {
    visit_global(MetricCategory::kServer, "number_of_connections", connections_);
  }
  // Asked for NUM_REQUESTS alone, a server leaves its users out.
  if (!category) VisitUsers(names, visit);
  if (has_totals && wants(MetricCategory::kNumErrors)) {
    for (std::size_t i = 0; i < kErrorTypes.size() && form_ != Form::k2026; ++i) {
      visit_global(MetricCategory::kNumErrors, kErrorTypes[i], errors_[i]);
    }
    visit_global(MetricCategory::kNumErrors, "total",
                 std::accumulate(errors_.begin(), errors_.end(), 0.0));
  }
}

void Workload::VisitLocales(const Visitor& visit) const {
  for (std::size_t i = 0; i < locales_.size(); ++i) {
    const Locale& locale = locales_[i];
    Metric metric = MakeMetric(MetricCategory::kSystem, MetricScope::kLocale,
                               "arkouda_memory_used_per_locale", locale.used_bytes);
    metric.locale_num = static_cast<std::int64_t>(i);
    metric.locale_name = locale.name.plain;
    metric.locale_hostname = locale.hostname.plain;
    visit(metric);
    metric.name = "arkouda_percent_memory_used_per_locale";
    metric.value = locale.used_bytes / memory_ * 100;
    visit(metric);
  }
}

void Workload::VisitUsers(Names names, const Visitor& visit) const {
  for (const User& user : users_) {
    Metric metric = MakeMetric(MetricCategory::kNumRequests, MetricScope::kUser, "total",
                               std::accumulate(user.runs.begin(), user.runs.end(), 0.0));
    metric.user = user.name.Get(names);
    visit(metric);
    for (std::size_t i = 0; i < commands_.size(); ++i) {
      metric.name = commands_[i].name.Get(names);
      metric.value = user.runs[i];
      visit(metric);
    }
  }
}

std::vector<LocaleInfo> Workload::Locales(Names names) const {
  std::vector<LocaleInfo> infos;
  for (std::size_t i = 0; i < locales_.size(); ++i) {
    infos.push_back({.id = std::to_string(i),
                     .name = locales_[i].name.Get(names),
                     .hostname = locales_[i].hostname.Get(names),
                     .processing_units = kProcessingUnits,
                     .physical_memory = static_cast<std::int64_t>(kPhysicalMemory),
                     .max_tasks = kProcessingUnits});
  }
  return infos;
}

}  // namespace arkouda_simulator
