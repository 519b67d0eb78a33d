#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/page_selection.h"
#include "exporter/metrics/family_table.h"
#include "exporter/metrics/samples.h"

namespace arkouda_exporter {

/// The Content-Type of a page.
std::string_view ContentType(ExpositionFormat format);

/// Whether a family is among those that are wanted.
bool IsWanted(const PageSelection& selection, std::string_view family, std::string_view type);

/// One target's lines on a page, by family, without headers, in one block of text.
class Lines {
 public:
  /// A family's lines; empty when it has no samples. Valid as long as this object.
  std::string_view Of(FamilyId family) const {
    const auto index = static_cast<std::size_t>(family);
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(text_).substr(begin, ends_[index] - begin);
  }

  /// For writing, in the families' order: what was appended to text() since the last call are the
  /// lines of `family`, and the families between have none.
  std::string& text() { return text_; }
  void End(FamilyId family);

 private:
  std::string text_;
  std::array<std::uint32_t, kFamilyCount> ends_{};
};

/// Appends a label value with backslash, quote and newline escaped.
void AppendLabelValue(std::string& out, std::string_view value);

/// The labels that all lines of a target carry, as they stand between the braces:
/// `arkouda_server_name="…"` and the others behind it. Never empty.
std::string TargetLabels(std::string_view server_name,
                         const std::map<std::string, std::string>& others);

/// Appends the shortest decimal that reads back to the same double; `NaN`, `+Inf`, `-Inf`.
void AppendValue(std::string& out, double value);

/// Appends a family's `# HELP` and `# TYPE` lines, in which alone the formats differ. In
/// OpenMetrics a counter's family is named without the `_total` of its series.
void AppendHeader(std::string& out, std::string_view name, std::string_view help,
                  std::string_view type, ExpositionFormat format);

/// Appends one line. `labels`: those between the braces, or empty; `name` and `value`: one more,
/// unless the name is empty.
void AppendLine(std::string& out, std::string_view family, std::string_view suffix,
                std::string_view labels, std::string_view name, std::string_view value,
                double number);

/// A histogram's values: how many were at most as large as each bound and larger than the one
/// before it, and behind those how many were larger than all bounds.
struct HistogramView {
  std::span<const double> bounds;
  std::span<const std::uint64_t> counts;  ///< one more than bounds
  double sum = 0;
};

/// Appends the lines of one histogram. `labels` as above.
void AppendHistogram(std::string& out, std::string_view family, std::string_view labels,
                     const HistogramView& histogram);

/// A family of the process, which no target has.
struct ProcessFamily {
  struct Sample {
    std::string labels;  ///< those between the braces, or empty
    double value = 0;
  };

  std::string_view name;
  std::string_view type;  ///< as a `# TYPE` line has it
  std::string_view help;
  std::vector<Sample> samples;
};

/// Appends those of the families that are wanted, each with its header.
void AppendFamilies(std::string& out, std::span<const ProcessFamily> families,
                    const PageSelection& selection = {});

/// A label as it stands between the braces: `name="value"`.
std::string LabelText(std::string_view name, std::string_view value);

/// The lines of Arkouda's families. `labels`: TargetLabels.
Lines RenderSamples(const Samples& samples, std::string_view labels);

}  // namespace arkouda_exporter
