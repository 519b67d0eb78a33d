#include "exporter/metrics/overview.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <string_view>
#include <unordered_map>

#include "exporter/metrics/exposition.h"
#include "exporter/metrics/family_table.h"

namespace arkouda_exporter {
namespace {

// A line of RenderSamples: nothing is checked that it sees to.
struct Line {
  std::string_view labels;  // those between the braces
  double value = 0;
};

// NaN for what is not finite, too.
double ParseValue(std::string_view text) {
  double value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && std::isfinite(value) ? value : std::nan("");
}

// Those with a finite value. A label's value has no bare line end.
std::vector<Line> LinesOf(std::string_view text) {
  std::vector<Line> lines;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() + 1);
    const std::size_t open = line.find('{') + 1;
    const std::size_t space = line.rfind(' ');
    const double value = ParseValue(line.substr(space + 1));
    if (std::isnan(value)) continue;
    lines.push_back({.labels = line.substr(open, space - 1 - open), .value = value});
  }
  return lines;
}

std::optional<double> OnlyValueOf(std::string_view text) {
  const std::vector<Line> lines = LinesOf(text);
  return lines.empty() ? std::nullopt : std::optional(lines.front().value);
}

// The value of a label with its escapes undone; empty when there is none.
std::string LabelValue(std::string_view labels, std::string_view name) {
  while (!labels.empty()) {
    const std::string_view here = labels.substr(0, labels.find('='));
    labels.remove_prefix(here.size() + 2);
    std::string value;
    std::size_t i = 0;
    for (; labels[i] != '"'; ++i) {
      const bool is_escaped = labels[i] == '\\';
      if (is_escaped) ++i;
      value += is_escaped && labels[i] == 'n' ? '\n' : labels[i];
    }
    if (here == name) return value;
    labels.remove_prefix(std::min(labels.size(), i + 2));  // with the quote and the comma
  }
  return {};
}

// Of equal ones the first.
void KeepLargest(std::vector<Line>& lines, std::size_t most) {
  const auto middle = lines.begin() + static_cast<std::ptrdiff_t>(std::min(most, lines.size()));
  std::partial_sort(lines.begin(), middle, lines.end(), [](const Line& one, const Line& other) {
    if (one.value != other.value) return one.value > other.value;
    return std::less<>()(one.labels.data(), other.labels.data());
  });
  lines.erase(middle, lines.end());
}

using ValueByLabels = std::unordered_map<std::string_view, double>;

ValueByLabels ValuesOf(std::string_view text) {
  ValueByLabels values;
  for (const Line& line : LinesOf(text)) values.emplace(line.labels, line.value);
  return values;
}

std::optional<double> Find(const ValueByLabels& values, std::string_view labels) {
  const auto found = values.find(labels);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

Top<LocaleFigures> Locales(const Lines& lines, std::size_t most) {
  // A locale without a percentage comes behind all that have one.
  const ValueByLabels percents = ValuesOf(lines.Of(FamilyId::kPctMemoryUsedPerLocale));
  const ValueByLabels used = ValuesOf(lines.Of(FamilyId::kMemoryUsedPerLocale));
  std::vector<Line> fullest = LinesOf(lines.Of(FamilyId::kPctMemoryUsedPerLocale));
  for (const Line& line : LinesOf(lines.Of(FamilyId::kMemoryUsedPerLocale))) {
    if (!percents.contains(line.labels)) fullest.push_back({.labels = line.labels, .value = -1});
  }
  Top<LocaleFigures> top{.all = fullest.size()};
  KeepLargest(fullest, most);
  for (const Line& line : fullest) {
    top.rows.push_back({.number = LabelValue(line.labels, "locale_num"),
                        .name = LabelValue(line.labels, "locale_name"),
                        .used_bytes = Find(used, line.labels),
                        .used_percent = Find(percents, line.labels)});
  }
  return top;
}

Top<CommandFigures> Commands(const Lines& lines, std::size_t most) {
  std::vector<Line> busiest = LinesOf(lines.Of(FamilyId::kNumberOfRequestsPerCommand));
  const ValueByLabels means = ValuesOf(lines.Of(FamilyId::kAvgResponseTimesPerCommand));
  Top<CommandFigures> top{.all = busiest.size()};
  KeepLargest(busiest, most);
  for (const Line& line : busiest) {
    top.rows.push_back({.name = LabelValue(line.labels, "command"),
                        .requests = line.value,
                        .mean_seconds = Find(means, line.labels)});
  }
  return top;
}

Top<UserFigures> Users(const Lines& lines, std::size_t most) {
  std::vector<Line> busiest = LinesOf(lines.Of(FamilyId::kPerUserTotalNumberOfRequests));
  Top<UserFigures> top{.all = busiest.size()};
  KeepLargest(busiest, most);
  for (const Line& line : busiest) {
    top.rows.push_back({.name = LabelValue(line.labels, "user"), .requests = line.value});
  }
  return top;
}

}  // namespace

Overview OverviewOf(const Snapshot& snapshot, const OverviewLimits& limits) {
  Overview overview;
  if (!snapshot.arkouda) return overview;
  const Lines& lines = *snapshot.arkouda;
  for (const Line& line : LinesOf(lines.Of(FamilyId::kServerInformation))) {
    overview.version = LabelValue(line.labels, "arkouda_version");
    overview.hostname = LabelValue(line.labels, "arkouda_server_hostname");
    overview.number_of_locales = LabelValue(line.labels, "arkouda_number_of_locales");
  }
  overview.requests = OnlyValueOf(lines.Of(FamilyId::kTotalNumberOfRequests));
  overview.errors = OnlyValueOf(lines.Of(FamilyId::kTotalNumberOfErrors));
  overview.connections = OnlyValueOf(lines.Of(FamilyId::kNumberOfConnections));
  if (limits.locales != 0) overview.locales = Locales(lines, limits.locales);
  if (limits.names != 0) {
    overview.commands = Commands(lines, limits.names);
    overview.users = Users(lines, limits.names);
  }
  return overview;
}

}  // namespace arkouda_exporter
