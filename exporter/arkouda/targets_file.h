#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "common/document.h"
#include "common/target_pattern.h"
#include "exporter/arkouda/target.h"

namespace arkouda_exporter {

/// As many as one process may watch, and one file may name.
inline constexpr std::size_t kMostTargets = 10'000;

struct PlacedTarget {
  Target target;
  Place place;

  bool operator==(const PlacedTarget&) const = default;
};

/// What is wrong at a place, and what would be right.
struct TargetsFault {
  Place place;
  std::string reason;  ///< may show some of the file; not quoted yet

  bool operator==(const TargetsFault&) const = default;
};

/// The first of the faults, and how many more there are: a file may be wrong in all of its lines.
struct TargetsFaults {
  std::vector<TargetsFault> first;
  std::size_t more = 0;

  void Add(TargetsFault fault);
  bool empty() const { return first.empty(); }
  std::size_t size() const { return first.size() + more; }

  bool operator==(const TargetsFaults&) const = default;
};

/// What a file says.
struct ParsedTargets {
  std::vector<PlacedTarget> targets;  ///< in the order of the file
  TargetsFaults faults;               ///< of the entries that were left out
};

struct FixedLabel {
  std::string name;
  std::string value;
};

/// What entries may say.
struct EntryRules {
  std::set<std::string> reserved_labels;    ///< which the metrics have themselves
  std::vector<TargetPattern> allowed = {};  ///< which servers may be named; empty: any
};

/// What is wrong with the name of a label, and what would be right; empty: nothing.
std::string FaultOfLabelName(std::string_view name, const EntryRules& rules);

/// Reads the content of a targets file, in Prometheus' format for file_sd: a list of entries, each
/// with `targets`, a list of HOST:PORT, and `labels`, which are of all of them. Without the label
/// arkouda_server_name the address is the name. An entry or a target that is wrong is left out, and
/// costs no other; a text that can't be read at all is an error. `source` is what the places say.
/// `fixed`: a label that all entries have, and of which none may say otherwise.
///
/// What Prometheus reads is read as it does it: in YAML a number is the text that it is written as,
/// in JSON it is refused; a label without a value is none. Two things are otherwise: a text without
/// a list is refused, since it is what a full disk leaves behind; an alias of YAML is.
tl::expected<ParsedTargets, TargetsFault> ParseTargets(
    std::string_view text, DocumentFormat format, const std::string& source,
    const EntryRules& rules, const std::optional<FixedLabel>& fixed = std::nullopt);

/// What is in force of everything that was written.
struct MergedTargets {
  std::vector<PlacedTarget> targets;
  std::vector<TargetsFault> faults;  ///< at the places of those that were left out
};

/// Leaves out targets with an address that an earlier one has, since both would ask the same
/// server, or with the same name and labels, since their series would be the same; and what is over
/// `most`. Two names of one machine are not found out.
MergedTargets Merge(const std::vector<PlacedTarget>& all, std::size_t most = kMostTargets);

}  // namespace arkouda_exporter
