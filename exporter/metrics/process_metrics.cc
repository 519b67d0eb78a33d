#include "exporter/metrics/process_metrics.h"

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
#include <utility>

#include "common/build_info.h"
#include "common/quote.h"

namespace arkouda_exporter {
namespace {

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
std::string FileLabel(const std::string& path) {
  return LabelText("file", IsUtf8(path) ? path : QuoteBytes(path));
}

}  // namespace

ProcessFamily BuildInfoFamily() {
  const BuildInfo build = GetBuildInfo();
  std::string labels = LabelText("compiler", build.compiler);
  labels += "," + LabelText("revision", build.revision);
  labels += "," + LabelText("version", build.version);
  return {.name = "arkouda_exporter_build_info",
          .type = "gauge",
          .help = "What this exporter was built from; always 1.",
          .samples = {{.labels = std::move(labels), .value = 1}}};
}

std::vector<ProcessFamily> TargetsFamilies(std::size_t targets,
                                           const std::vector<TargetsFileState>& files) {
  std::vector<ProcessFamily> families = {{.name = "arkouda_exporter_targets",
                                          .type = "gauge",
                                          .help = "Arkouda servers that this exporter watches.",
                                          .samples = {{.value = static_cast<double>(targets)}}}};
  if (files.empty()) return families;
  ProcessFamily whole{.name = "arkouda_exporter_targets_file_last_reload_successful",
                      .type = "gauge",
                      .help = "Whether all that the targets file says is in force."};
  ProcessFamily loaded{
      .name = "arkouda_exporter_targets_file_last_reload_success_timestamp_seconds",
      .type = "gauge",
      .help = "When what is in force of the targets file was read, in Unix seconds; 0: never."};
  for (const TargetsFileState& file : files) {
    const std::string labels = FileLabel(file.path);
    const auto loaded_at = file.loaded_at.value_or(std::chrono::system_clock::time_point());
    whole.samples.push_back({.labels = labels, .value = file.is_whole ? 1.0 : 0.0});
    loaded.samples.push_back(
        {.labels = labels,
         .value = std::chrono::duration<double>(loaded_at.time_since_epoch()).count()});
  }
  families.push_back(std::move(whole));
  families.push_back(std::move(loaded));
  return families;
}

ProcessFamily WebConfigFamily(bool is_whole) {
  return {.name = "arkouda_exporter_web_config_last_reload_successful",
          .type = "gauge",
          .help = "Whether the web configuration on disk is in force.",
          .samples = {{.value = is_whole ? 1.0 : 0.0}}};
}

std::vector<ProcessFamily> ReadProcessFamilies() {
  std::vector<ProcessFamily> families;
  const auto add = [&](std::string_view name, std::string_view type, std::string_view help,
                       std::optional<double> value) {
    if (!value) return;
    families.push_back({.name = name, .type = type, .help = help, .samples = {{.value = *value}}});
  };
  if (const auto stat = ReadProcessStat()) {
    const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    add("process_cpu_seconds_total", "counter", "Total user and system CPU time spent in seconds.",
        (stat->user_ticks + stat->system_ticks) / ticks_per_second);
    add("process_virtual_memory_bytes", "gauge", "Virtual memory size in bytes.",
        stat->virtual_bytes);
    add("process_resident_memory_bytes", "gauge", "Resident memory size in bytes.",
        stat->resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
    const auto boot_time = BootTime();
    add("process_start_time_seconds", "gauge",
        "Start time of the process since unix epoch in seconds.",
        boot_time ? std::optional(*boot_time + stat->start_ticks / ticks_per_second)
                  : std::nullopt);
  }
  add("process_open_fds", "gauge", "Number of open file descriptors.", CountOpenFds());
  add("process_max_fds", "gauge", "Maximum number of open file descriptors.", MaxFds());
  return families;
}

}  // namespace arkouda_exporter
