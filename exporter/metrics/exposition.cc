#include "exporter/metrics/exposition.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <utility>

namespace arkouda_exporter {
namespace {

constexpr std::string_view kServerNameLabel = "arkouda_server_name";

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

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

std::string_view TypeName(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Summary:
      return "summary";
    case MetricType::Histogram:
      return "histogram";
    case MetricType::Untyped:
      break;
  }
  return "untyped";
}

// A line of one series: its name, its server's name, the labels that it has beside an `extra` one,
// and its value.
void AppendSeries(std::string& out, std::string_view name, std::string_view suffix,
                  std::string_view server_name, const std::vector<ClientMetric::Label>& labels,
                  std::string_view extra_name, std::string_view extra_value, double value) {
  out.append(name).append(suffix);
  char separator = '{';
  const auto append_label = [&](std::string_view label, std::string_view label_value) {
    out += std::exchange(separator, ',');
    AppendLabel(out, label, label_value);
  };
  if (!server_name.empty()) append_label(kServerNameLabel, server_name);
  for (const ClientMetric::Label& label : labels) append_label(label.name, label.value);
  if (!extra_name.empty()) append_label(extra_name, extra_value);
  if (separator == ',') out += '}';
  out += ' ';
  AppendValue(out, value);
  out += '\n';
}

void AppendHistogram(std::string& out, const std::string& name, std::string_view server_name,
                     const ClientMetric& metric) {
  const ClientMetric::Histogram& histogram = metric.histogram;
  for (const ClientMetric::Bucket& bucket : histogram.bucket) {
    std::string bound;
    AppendValue(bound, bucket.upper_bound);
    AppendSeries(out, name, "_bucket", server_name, metric.label, "le", bound,
                 static_cast<double>(bucket.cumulative_count));
  }
  AppendSeries(out, name, "_sum", server_name, metric.label, {}, {}, histogram.sample_sum);
  AppendSeries(out, name, "_count", server_name, metric.label, {}, {},
               static_cast<double>(histogram.sample_count));
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

void AppendHeader(std::string& out, std::string_view name, std::string_view help,
                  std::string_view type) {
  out.append("# HELP ").append(name).append(" ");
  AppendEscaped(out, help, "\\\n");
  out.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
}

std::string RenderSamples(const Family& family, const Samples& samples,
                          std::string_view server_name) {
  std::string out;
  const std::vector<Samples::Sample>& lines = samples.Of(family.id);
  if (lines.empty()) return out;

  // What the lines of a family have in common is written once and copied.
  std::string start(family.name);
  start += '{';
  AppendLabel(start, kServerNameLabel, server_name);
  std::array<std::string, kMostLabels> between;
  for (std::size_t i = 0; i < family.labels.size(); ++i) {
    between[i].append(i == 0 ? "," : "\",").append(family.labels[i].name).append("=\"");
  }
  const std::string_view end = family.labels.empty() ? "} " : "\"} ";

  // What the lines will take at least, and a little for escapes: growing step by step would touch
  // twice the memory.
  std::size_t size = lines.size() * (start.size() + end.size() + 17 + 1);
  for (const std::string& text : between) size += lines.size() * text.size();
  for (const Samples::Sample& sample : lines) {
    size += sample.text_ends[kMostLabels - 1] - sample.text_begin;
  }
  out.reserve(size);

  for (const Samples::Sample& sample : lines) {
    out += start;
    for (std::size_t i = 0; i < family.labels.size(); ++i) {
      out += between[i];
      AppendLabelValue(out, samples.LabelValue(sample, i));
    }
    out += end;
    AppendValue(out, sample.value);
    out += '\n';
  }
  return out;
}

void AppendFamily(std::string& out, std::span<const FamilyPart> parts) {
  bool has_header = false;
  for (const FamilyPart& part : parts) {
    const auto& [name, help, type, metrics] = *part.family;
    for (const ClientMetric& metric : metrics) {
      if (!has_header) AppendHeader(out, name, help, TypeName(type));
      has_header = true;
      if (type == MetricType::Histogram) {
        AppendHistogram(out, name, part.server_name, metric);
      } else {
        const double value =
            type == MetricType::Counter ? metric.counter.value : metric.gauge.value;
        AppendSeries(out, name, "", part.server_name, metric.label, {}, {}, value);
      }
    }
  }
}

void AppendFamilies(std::string& out, const std::vector<MetricFamily>& families) {
  for (const MetricFamily& family : families) {
    AppendFamily(out, std::array{FamilyPart{.family = &family, .server_name = {}}});
  }
}

}  // namespace arkouda_exporter
