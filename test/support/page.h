#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace arkouda_exporter::testing {

/// Reads a number as Prometheus writes it; nullopt when it is none.
std::optional<double> ParseValue(std::string_view text);

using Labels = std::map<std::string, std::string>;

/// The families that come from Arkouda, with the names of their labels (metric-families.md).
const std::map<std::string, std::set<std::string>>& ArkoudaFamilies();

/// A /metrics page, read by a parser of its own that is stricter than Prometheus': each family
/// once, HELP and TYPE before its samples, nothing in between; no series twice; only the escapes
/// that there are; no blank lines, no time stamps, a newline at the end.
class Page {
 public:
  struct Family {
    std::string help;
    std::string type;
  };

  /// The error says which line is wrong, and how.
  static tl::expected<Page, std::string> Parse(std::string_view text);

  /// The value of exactly this series, if it is there.
  std::optional<double> Value(const std::string& name, const Labels& labels = {}) const;
  /// The same of a page that shows a single server: its name is not among `labels`.
  std::optional<double> TargetValue(const std::string& name, Labels labels = {}) const;
  /// The series of this name, none if it isn't there. A histogram's are called …_bucket, …_sum,
  /// …_count.
  const std::map<Labels, double>& Series(const std::string& name) const;
  /// The different values of this label in the series of this name.
  std::set<std::string> LabelValues(const std::string& name, const std::string& label) const;
  const std::map<std::string, Family>& families() const { return families_; }
  /// Those of the families that come from Arkouda, so not its own.
  std::vector<std::string> FamiliesFromArkouda() const;
  /// The count of polls with this result, the count of entries skipped for this reason.
  double Polls(const std::string& result) const;
  double Skipped(const std::string& reason) const;
  /// The `arkouda_version` that the page shows, if any.
  std::optional<std::string> ArkoudaVersion() const;

  /// The text that was parsed.
  const std::string& text() const { return text_; }

 private:
  friend class PageParser;

  std::string text_;
  std::map<std::string, Family> families_;
  std::map<std::string, std::map<Labels, double>> samples_;
};

/// What must hold on every page at all times, in front of a server that answers as it should:
/// arkouda_up is 1 exactly if there are families from Arkouda; these have their types and labels,
/// are of one version, and of as many locales in one half of the page as in the other.
::testing::AssertionResult IsConsistent(const Page& page);

}  // namespace arkouda_exporter::testing
