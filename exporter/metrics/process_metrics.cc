#include "exporter/metrics/process_metrics.h"

#include <prometheus/gauge.h>
#include <prometheus/registry.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string_view>

#include "common/build_info.h"
#include "common/quote.h"
#include "exporter/metrics/exposition.h"

namespace arkouda_exporter {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string ReadFile(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::optional<double> ParseNumber(std::string_view text) {
  double number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

// Seconds since 1970 at which the machine started: the line `btime N` of /proc/stat.
std::optional<double> BootTime() {
  constexpr std::string_view kKey = "\nbtime ";
  const std::string stat = ReadFile("/proc/stat");
  const std::size_t found = stat.find(kKey);
  if (found == std::string::npos) return std::nullopt;
  return ParseNumber(std::string_view(stat).substr(found + kKey.size()));
}

// The fields of /proc/self/stat that are used, by their numbers in proc(5).
struct ProcessStat {
  double user_ticks = 0;      // 14
  double system_ticks = 0;    // 15
  double start_ticks = 0;     // 22
  double virtual_bytes = 0;   // 23
  double resident_pages = 0;  // 24
};

std::optional<ProcessStat> ReadProcessStat() {
  const std::string text = ReadFile("/proc/self/stat");
  // Field 2 is the program's name in parentheses, which may contain anything.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  const std::vector<std::string> words(std::istream_iterator<std::string>(fields), {});
  const auto field = [&](std::size_t number) -> std::optional<double> {
    const std::size_t index = number - 3;
    return index < words.size() ? ParseNumber(words[index]) : std::nullopt;
  };
  const auto user = field(14);
  const auto system = field(15);
  const auto start = field(22);
  const auto virtual_bytes = field(23);
  const auto resident = field(24);
  if (!user || !system || !start || !virtual_bytes || !resident) return std::nullopt;
  return ProcessStat{*user, *system, *start, *virtual_bytes, *resident};
}

std::optional<double> CountOpenFds() {
  // Since Linux 6.2 that is how many there are (proc(5)); to walk through thousands of them would
  // be most of what a scrape costs.
  struct stat folder {};
  if (stat("/proc/self/fd", &folder) == 0 && folder.st_size > 0) {
    return static_cast<double>(folder.st_size);
  }
  std::error_code error;
  const std::filesystem::directory_iterator fds("/proc/self/fd", error);
  if (error) return std::nullopt;
  // The iterator's own descriptor is among them.
  return static_cast<double>(std::distance(begin(fds), end(fds)) - 1);
}

std::optional<double> MaxFds() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

// A path may have any bytes, and a label value only UTF-8.
std::string LabelOf(const std::string& path) { return IsUtf8(path) ? path : QuoteBytes(path); }

}  // namespace

std::vector<MetricFamily> ProcessCollector::Collect() const {
  std::vector<MetricFamily> families;
  const auto add = [&](const char* name, const char* help, MetricType type,
                       std::optional<double> value) {
    if (!value) return;
    MetricFamily family{.name = name, .help = help, .type = type, .metric = {ClientMetric{}}};
    family.metric.front().gauge.value = *value;
    family.metric.front().counter.value = *value;
    families.push_back(std::move(family));
  };
  if (const auto stat = ReadProcessStat()) {
    const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    add("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
        MetricType::Counter, (stat->user_ticks + stat->system_ticks) / ticks_per_second);
    add("process_virtual_memory_bytes", "Virtual memory size in bytes.", MetricType::Gauge,
        stat->virtual_bytes);
    add("process_resident_memory_bytes", "Resident memory size in bytes.", MetricType::Gauge,
        stat->resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
    const auto boot_time = BootTime();
    add("process_start_time_seconds", "Start time of the process since unix epoch in seconds.",
        MetricType::Gauge,
        boot_time ? std::optional(*boot_time + stat->start_ticks / ticks_per_second)
                  : std::nullopt);
  }
  add("process_open_fds", "Number of open file descriptors.", MetricType::Gauge, CountOpenFds());
  add("process_max_fds", "Maximum number of open file descriptors.", MetricType::Gauge, MaxFds());
  return families;
}

std::string RenderBuildInfo() {
  const BuildInfo build = GetBuildInfo();
  prometheus::Registry registry;
  prometheus::BuildGauge()
      .Name("arkouda_exporter_build_info")
      .Help("What this exporter was built from; always 1.")
      .Register(registry)
      .Add({{"version", std::string(build.version)},
            {"revision", std::string(build.revision)},
            {"compiler", std::string(build.compiler)}})
      .Set(1);
  std::string out;
  AppendFamilies(out, registry.Collect());
  return out;
}

void AppendTargetsState(std::string& out, std::size_t targets,
                        const std::vector<TargetsFileState>& files) {
  constexpr std::string_view kTargets = "arkouda_exporter_targets";
  AppendHeader(out, kTargets, "Arkouda servers that this exporter watches.", "gauge");
  AppendLine(out, kTargets, {}, {}, {}, {}, static_cast<double>(targets));
  if (files.empty()) return;

  constexpr std::string_view kWhole = "arkouda_exporter_targets_file_last_reload_successful";
  AppendHeader(out, kWhole, "Whether all that the targets file says is in force.", "gauge");
  for (const TargetsFileState& file : files) {
    AppendLine(out, kWhole, {}, {}, "file", LabelOf(file.path), file.is_whole ? 1 : 0);
  }
  constexpr std::string_view kLoaded =
      "arkouda_exporter_targets_file_last_reload_success_timestamp_seconds";
  AppendHeader(out, kLoaded,
               "When what is in force of the targets file was read, in Unix seconds; 0: never.",
               "gauge");
  for (const TargetsFileState& file : files) {
    const auto loaded_at = file.loaded_at.value_or(std::chrono::system_clock::time_point());
    AppendLine(out, kLoaded, {}, {}, "file", LabelOf(file.path),
               std::chrono::duration<double>(loaded_at.time_since_epoch()).count());
  }
}

std::string RenderProcessMetrics() {
  std::string out;
  AppendFamilies(out, ProcessCollector().Collect());
  return out;
}

}  // namespace arkouda_exporter
