#include "exporter/metrics/exposition.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

namespace arkouda_exporter {
namespace {

void AppendEscaped(std::string& out, std::string_view text, std::string_view special) {
  while (true) {
    const std::size_t found = text.find_first_of(special);
    out += text.substr(0, found);
    if (found == std::string_view::npos) return;
    out += '\\';
    out += text[found] == '\n' ? 'n' : text[found];
    text.remove_prefix(found + 1);
  }
}

void AppendLabel(std::string& out, std::string_view label, std::string_view value) {
  out.append(label).append("=\"");
  AppendLabelValue(out, value);
  out += '"';
}

constexpr std::string_view kBucketSuffix = "_bucket";
constexpr std::string_view kSumSuffix = "_sum";
constexpr std::string_view kCountSuffix = "_count";
constexpr std::array kHistogramSuffixes = {kBucketSuffix, kSumSuffix, kCountSuffix};

// A counter's name in OpenMetrics.
std::string_view WithoutTotal(std::string_view name) {
  constexpr std::string_view kTotalSuffix = "_total";
  if (name.ends_with(kTotalSuffix)) name.remove_suffix(kTotalSuffix.size());
  return name;
}

// A bucket's bound in the spelling that OpenMetrics asks for and that Prometheus 3 makes of any
// other: 1 is 1.0. It is the same in both formats, else they would have different series.
std::string BoundText(double bound) {
  std::string text;
  AppendValue(text, bound);
  if (std::isfinite(bound) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

// About how long all lines will be, but for what must be escaped: growing step by step would touch
// twice the memory.
std::size_t EstimateSize(const Samples& samples, std::string_view labels) {
  std::size_t size = samples.entries().GetSizes().text;
  for (const Family& family : ArkoudaFamilies()) {
    std::size_t line = family.name.size() + labels.size() + std::string_view("{} \n").size() + 17;
    for (const Label& label : family.labels) line += label.name.size() + 4;
    size += samples.Of(family.id).size() * line;
  }
  return size;
}

void AppendSamples(std::string& out, const Family& family, const Samples& samples,
                   std::string_view labels) {
  // What the lines of a family have in common is written once and copied.
  const std::string start = std::string(family.name).append("{").append(labels);
  std::array<std::string, kMostLabels> between;
  for (std::size_t i = 0; i < family.labels.size(); ++i) {
    between.at(i).append(i == 0 ? "," : "\",").append(family.labels[i].name).append("=\"");
  }
  const std::string_view end = family.labels.empty() ? "} " : "\"} ";
  for (const std::uint32_t entry : samples.Of(family.id)) {
    out += start;
    for (std::size_t i = 0; i < family.labels.size(); ++i) {
      out += between[i];
      AppendLabelValue(out, samples.LabelValue(entry, family.labels[i]));
    }
    out += end;
    AppendValue(out, samples.ValueOf(entry));
    out += '\n';
  }
}

}  // namespace

void AppendLabelValue(std::string& out, std::string_view value) {
  AppendEscaped(out, value, "\\\"\n");
}

void AppendValue(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.begin(), buffer.end(), value).ptr;
  out.append(buffer.begin(), end);
}

std::string_view ContentType(ExpositionFormat format) {
  return format == ExpositionFormat::kText
             ? "text/plain; version=0.0.4; charset=utf-8"
             : "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

bool IsWanted(const PageSelection& selection, std::string_view family, std::string_view type) {
  const auto& names = selection.names;
  if (names.empty() || names.contains(family)) return true;
  if (type == "counter") return names.contains(WithoutTotal(family));
  if (type != "histogram") return false;
  return std::any_of(
      kHistogramSuffixes.begin(), kHistogramSuffixes.end(),
      [&](std::string_view suffix) { return names.contains(std::string(family).append(suffix)); });
}

void AppendHeader(std::string& out, std::string_view name, std::string_view help,
                  std::string_view type, ExpositionFormat format) {
  const bool is_text = format == ExpositionFormat::kText;
  if (!is_text && type == "counter") name = WithoutTotal(name);
  out.append("# HELP ").append(name).append(" ");
  AppendEscaped(out, help, is_text ? "\\\n" : "\\\n\"");
  out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

void AppendLine(std::string& out, std::string_view family, std::string_view suffix,
                std::string_view labels, std::string_view name, std::string_view value,
                double number) {
  out.append(family).append(suffix);
  if (!labels.empty() || !name.empty()) {
    out.append("{").append(labels);
    if (!labels.empty() && !name.empty()) out += ',';
    if (!name.empty()) AppendLabel(out, name, value);
    out += '}';
  }
  out += ' ';
  AppendValue(out, number);
  out += '\n';
}

void AppendHistogram(std::string& out, std::string_view family, std::string_view labels,
                     const HistogramView& histogram) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    count += histogram.counts[i];
    const double bound =
        i < histogram.bounds.size() ? histogram.bounds[i] : std::numeric_limits<double>::infinity();
    AppendLine(out, family, kBucketSuffix, labels, "le", BoundText(bound),
               static_cast<double>(count));
  }
  AppendLine(out, family, kSumSuffix, labels, {}, {}, histogram.sum);
  AppendLine(out, family, kCountSuffix, labels, {}, {}, static_cast<double>(count));
}

void AppendFamilies(std::string& out, std::span<const ProcessFamily> families,
                    const PageSelection& selection) {
  for (const ProcessFamily& family : families) {
    if (!IsWanted(selection, family.name, family.type)) continue;
    AppendHeader(out, family.name, family.help, family.type, selection.format);
    for (const auto& [labels, value] : family.samples) {
      AppendLine(out, family.name, {}, labels, {}, {}, value);
    }
  }
}

std::string LabelText(std::string_view name, std::string_view value) {
  std::string out;
  AppendLabel(out, name, value);
  return out;
}

void Lines::End(FamilyId family) {
  for (auto i = static_cast<std::size_t>(family); i < kFamilyCount; ++i) {
    ends_.at(i) = static_cast<std::uint32_t>(text_.size());
  }
}

std::string TargetLabels(std::string_view server_name,
                         const std::map<std::string, std::string>& others) {
  std::string out;
  AppendLabel(out, kServerNameLabel, server_name);
  for (const auto& [name, value] : others) {
    out += ',';
    AppendLabel(out, name, value);
  }
  return out;
}

Lines RenderSamples(const Samples& samples, std::string_view labels) {
  Lines lines;
  lines.text().reserve(EstimateSize(samples, labels));
  for (const Family& family : ArkoudaFamilies()) {
    if (!samples.Of(family.id).empty()) AppendSamples(lines.text(), family, samples, labels);
    lines.End(family.id);
  }
  // A thousand small targets' estimates would add up; a large one's excess is never touched.
  constexpr std::size_t kSmall = 64 << 10;
  if (lines.text().size() < kSmall) lines.text().shrink_to_fit();
  return lines;
}

}  // namespace arkouda_exporter
