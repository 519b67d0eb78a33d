#pragma once

#include <prometheus/metric_family.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metrics/samples.h"

namespace arkouda_exporter {

/// The Content-Type of the text that these functions write: Prometheus' text format 0.0.4
/// (prometheus.io, "Exposition formats").
inline constexpr const char* kExpositionContentType = "text/plain; version=0.0.4; charset=utf-8";

/// Appends a label value with backslash, quote and newline escaped.
void AppendLabelValue(std::string& out, std::string_view value);

/// Appends the shortest decimal that reads back to the same double; `NaN`, `+Inf`, `-Inf`.
void AppendValue(std::string& out, double value);

/// Appends a family's `# HELP` and `# TYPE` lines.
void AppendHeader(std::string& out, std::string_view name, std::string_view help,
                  std::string_view type);

/// One target's lines of one family, without its header; empty when it has no samples.
std::string RenderSamples(const Family& family, const Samples& samples,
                          std::string_view server_name);

/// A target's part of a family of prometheus-cpp.
struct FamilyPart {
  const prometheus::MetricFamily* family;  ///< not owned
  std::string_view server_name;  ///< the series' arkouda_server_name; empty: no such label
};

/// Appends a family of prometheus-cpp with its header, and the series of all `parts` behind it: the
/// format wants each family once, and every target has a part of it. Nothing when there are no
/// series. prometheus-cpp's own serialiser writes 16 significant digits, which changes one double
/// in four.
void AppendFamily(std::string& out, std::span<const FamilyPart> parts);

/// Appends families that are of one part each.
void AppendFamilies(std::string& out, const std::vector<prometheus::MetricFamily>& families);

}  // namespace arkouda_exporter
