#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "common/document.h"
#include "common/read_file.h"
#include "exporter/arkouda/targets_file.h"

namespace arkouda_exporter {

/// The path of a targets file, or of several: its components, folders too, may have wildcards as
/// glob(3) has them, `*`, `?` and `[…]`, none of which matches a dot in front.
struct TargetsPattern {
  std::string path;
  DocumentFormat format = DocumentFormat::kJson;  ///< of all files that match

  /// The name must end in .json, .yml or .yaml. The error says what would be right.
  static tl::expected<TargetsPattern, std::string> Parse(std::string_view text);
};

/// Where targets come from.
struct TargetSources {
  std::vector<TargetsPattern> patterns;
  EntryRules rules;
  /// What label says whose file an entry is of; nullopt: none. Those of root's say what they like.
  std::optional<std::string> owner_label;
  std::function<std::string(uid_t)> user_name;
  std::optional<PlacedTarget> first_target;  ///< the one that no file names; it wins every conflict
  std::size_t most_targets = kMostTargets;   ///< those that are over it are left out
};

/// A targets file that is there, or was when it could last be seen.
struct TargetsFile {
  std::string path;
  /// What is on disk, or why that can't be read.
  tl::expected<FileContent, std::string> content;
  /// What the last content that could be read as a whole says.
  ParsedTargets in_force;
  /// Why that is not the content on disk.
  std::optional<TargetsFault> broken;
  /// Its targets that are left out because of others.
  TargetsFaults conflicts;
  /// When the content that is in force was read.
  std::optional<std::chrono::system_clock::time_point> loaded_at;

  /// Whether all that is on disk is in force.
  bool IsWhole() const { return !broken && in_force.faults.empty() && conflicts.empty(); }
  /// All that is wrong with it now.
  std::vector<TargetsFault> Faults() const;
};

/// A pattern that gives nothing, or not all.
struct PatternFault {
  std::string path;
  std::string reason;

  bool operator==(const PatternFault&) const = default;
};

/// What all files together say: a value that is made from the one before.
struct TargetsInForce {
  std::vector<PlacedTarget> targets;
  std::vector<TargetsFile> files;  ///< in the order of the patterns, and of their names
  std::vector<PatternFault> pattern_faults;

  /// Whether the same is on disk; the targets are the same then.
  bool IsSameOnDisk(const TargetsInForce& other) const;
};

/// Receives a folder that is about to be looked into, and of which names it matters what becomes of
/// them, as fnmatch(3) has it.
using OnFolder = std::function<void(const std::string& folder, const std::string& names)>;

/// Reads all files. A file that can't be read, or not as a whole, keeps in force what was in force
/// `before`; one that is gone takes its targets away. What is read is bounded; it may wait for a
/// file system. `on_folder` is called before each folder is looked into.
TargetsInForce ReadTargets(const TargetSources& sources, const TargetsInForce& before,
                           std::chrono::system_clock::time_point now,
                           const OnFolder& on_folder = nullptr);

/// Logs what is otherwise in `after` than in `before`: files that came, went or changed, and what
/// is wrong with them and was not wrong before.
void LogChanges(const TargetsInForce& before, const TargetsInForce& after);

}  // namespace arkouda_exporter
