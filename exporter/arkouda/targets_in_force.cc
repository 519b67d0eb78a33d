#include "exporter/arkouda/targets_in_force.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <map>
#include <system_error>
#include <utility>

#include "common/ascii.h"
#include "common/log.h"
#include "common/read_file.h"

namespace arkouda_exporter {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFileBytes = std::size_t{4} << 20U;
constexpr std::size_t kMostBytes = std::size_t{16} << 20U;  // of all files
constexpr std::size_t kMostPaths = 10'000;                  // at each level of folders

constexpr const char* kNoFile = "no file is there";

struct FormatRow {
  std::string_view ending;
  DocumentFormat format;
};
constexpr std::array<FormatRow, 3> kFormats = {{{".json", DocumentFormat::kJson},
                                                {".yml", DocumentFormat::kYaml},
                                                {".yaml", DocumentFormat::kYaml}}};

bool HasWildcard(std::string_view name) {
  return name.find_first_of("*?[\\") != std::string_view::npos;
}

bool IsAbsent(int error) { return error == ENOENT || error == ENOTDIR; }

/// The paths that match a pattern, in the order of their names. Of the last component alone, a name
/// without wildcards need not be there.
struct Matches {
  std::vector<std::string> paths;
  std::string fault;
};

Matches FindMatches(const std::string& pattern, const OnFolder& on_folder) {
  Matches matches;
  const fs::path path(pattern);
  std::vector<fs::path> folders = {path.root_path()};
  const fs::path components = path.relative_path();
  for (auto component = components.begin(); component != components.end(); ++component) {
    const std::string name = component->string();
    const bool is_last = std::next(component) == components.end();
    std::vector<fs::path> found;
    for (const fs::path& folder : folders) {
      const std::string folder_name = folder.empty() ? "." : folder.string();
      // The file may be a link to anything in its folder, as Kubernetes has it.
      if (on_folder) on_folder(folder_name, is_last ? "*" : name);
      if (!HasWildcard(name)) {
        found.push_back(folder / name);
        continue;
      }
      std::error_code error;
      for (fs::directory_iterator entry(folder_name, error), end; !error && entry != end;
           entry.increment(error)) {
        const std::string entry_name = entry->path().filename().string();
        if (fnmatch(name.c_str(), entry_name.c_str(), FNM_PERIOD) == 0) {
          found.push_back(folder / entry_name);
        }
        if (found.size() > kMostPaths) {
          matches.fault = fmt::format("more than {} names match", kMostPaths);
          break;
        }
      }
      if (error && !IsAbsent(error.value())) {
        matches.fault = fmt::format("{}: {}", folder_name, error.message());
      }
    }
    std::sort(found.begin(), found.end());
    found.resize(std::min(found.size(), kMostPaths));
    folders = std::move(found);
  }
  for (const fs::path& file : folders) matches.paths.push_back(file.string());
  return matches;
}

tl::expected<FileContent, ReadError> ReadTargetsFile(const std::string& path,
                                                     std::size_t bytes_left) {
  auto content = ReadFile(path, std::min(kMostFileBytes, bytes_left));
  if (!content && content.error().is_too_large && bytes_left < kMostFileBytes) {
    content.error().reason =
        fmt::format("expected at most {} bytes in all targets files", kMostBytes);
  }
  return content;
}

using Files = std::map<std::string, const TargetsFile*>;

Files ByPath(const TargetsInForce& state) {
  Files files;
  for (const TargetsFile& file : state.files) files.emplace(file.path, &file);
  return files;
}

std::optional<FixedLabel> FixedLabelOf(uid_t owner, const TargetSources& sources) {
  constexpr uid_t kRoot = 0;
  if (!sources.owner_label || owner == kRoot) return std::nullopt;
  return FixedLabel{.name = *sources.owner_label, .value = sources.user_name(owner)};
}

// What becomes of a file whose content is this now. `before`: what it was, or nullptr.
TargetsFile Next(const TargetsFile* before, const std::string& path,
                 tl::expected<FileContent, std::string> content, DocumentFormat format,
                 const TargetSources& sources, std::chrono::system_clock::time_point now) {
  TargetsFile file;
  if (before != nullptr) file = *before;
  file.conflicts = {};
  if (before != nullptr && before->content == content) return file;
  file.path = path;
  tl::expected<ParsedTargets, TargetsFault> parsed;
  if (content) {
    parsed = ParseTargets(content->text, format, path, sources.rules,
                          FixedLabelOf(content->owner, sources));
  } else {
    parsed = tl::make_unexpected(TargetsFault{Place{path}, content.error()});
  }
  file.content = std::move(content);
  if (parsed) {
    file.in_force = *std::move(parsed);
    file.broken = std::nullopt;
    file.loaded_at = now;
  } else {
    file.broken = std::move(parsed).error();
  }
  return file;
}

// Puts into force what all files say together.
void MergeAll(const TargetSources& sources, TargetsInForce& state) {
  std::vector<PlacedTarget> all;
  if (sources.first_target) all.push_back(*sources.first_target);
  std::map<std::string, TargetsFile*> by_path;
  for (TargetsFile& file : state.files) {
    by_path.emplace(file.path, &file);
    all.insert(all.end(), file.in_force.targets.begin(), file.in_force.targets.end());
  }
  MergedTargets merged = Merge(all, sources.most_targets);
  state.targets = std::move(merged.targets);
  for (TargetsFault& fault : merged.faults) {
    TargetsFile& file = *by_path.at(fault.place.source);
    file.conflicts.Add(std::move(fault));
  }
}

bool Contains(const auto& list, const auto& element) {
  return std::find(list.begin(), list.end(), element) != list.end();
}

// `before`: what the file was, or nullptr.
void LogChanges(const TargetsFile* before, const TargetsFile& after) {
  const auto faults_before = before == nullptr ? std::vector<TargetsFault>() : before->Faults();
  const std::size_t targets = after.in_force.targets.size() - after.conflicts.size();
  for (const TargetsFault& fault : after.Faults()) {
    if (Contains(faults_before, fault)) continue;
    if (fault == after.broken) {
      LogWarn("targets file can't be used, what it said before stays in force",
              {{"place", fault.place.ToString()}, {"reason", fault.reason}, {"targets", targets}});
    } else {
      LogWarn("entry of a targets file is left out",
              {{"place", fault.place.ToString()}, {"reason", fault.reason}});
    }
  }
  if (!faults_before.empty() && after.IsWhole()) {
    LogInfo("targets file is good again", {{"file", after.path}, {"targets", targets}});
  } else if (!after.broken && (before == nullptr || before->content != after.content)) {
    LogInfo("targets file is in force", {{"file", after.path}, {"targets", targets}});
  }
}

}  // namespace

tl::expected<TargetsPattern, std::string> TargetsPattern::Parse(std::string_view text) {
  const std::string lower_case = ToLower(text);
  for (const FormatRow& row : kFormats) {
    if (!lower_case.ends_with(row.ending)) continue;
    const fs::path path(text);
    fs::path plain = path.root_path();
    for (const fs::path& component : path.relative_path()) {
      if (component != ".") plain /= component;
    }
    return TargetsPattern{.path = plain.string(), .format = row.format};
  }
  return tl::unexpected(
      std::string("expected the name of a file that ends in .json, .yml or .yaml, "
                  "or a pattern such as /etc/arkouda/targets-*.json"));
}

std::vector<TargetsFault> TargetsFile::Faults() const {
  std::vector<TargetsFault> faults;
  const auto add = [&](const TargetsFaults& more) {
    faults.insert(faults.end(), more.first.begin(), more.first.end());
    if (more.more == 0) return;
    faults.push_back(TargetsFault{Place{path}, fmt::format("and {} more like these", more.more)});
  };
  if (broken) {
    faults.push_back(*broken);
  } else {
    add(in_force.faults);
  }
  add(conflicts);
  return faults;
}

bool TargetsInForce::IsSameOnDisk(const TargetsInForce& other) const {
  return pattern_faults == other.pattern_faults &&
         std::equal(files.begin(), files.end(), other.files.begin(), other.files.end(),
                    [](const TargetsFile& a, const TargetsFile& b) {
                      return a.path == b.path && a.content == b.content;
                    });
}

TargetsInForce ReadTargets(const TargetSources& sources, const TargetsInForce& before,
                           std::chrono::system_clock::time_point now, const OnFolder& on_folder) {
  const Files files_before = ByPath(before);
  TargetsInForce after;
  std::set<std::string> files;
  std::size_t bytes_left = kMostBytes;
  for (const TargetsPattern& pattern : sources.patterns) {
    Matches matches = FindMatches(pattern.path, on_folder);
    // A file that is no longer found in its folder may be gone; or the folder can't be read.
    for (const auto& [path, file] : files_before) {
      if (fnmatch(pattern.path.c_str(), path.c_str(), FNM_PERIOD | FNM_PATHNAME) == 0 &&
          !Contains(matches.paths, path)) {
        matches.paths.push_back(path);
      }
    }
    std::size_t count = 0;
    for (const std::string& path : matches.paths) {
      if (files.contains(path)) {
        ++count;
        continue;
      }
      auto content = ReadTargetsFile(path, bytes_left);
      if (!content && content.error().is_absent) continue;
      ++count;
      files.insert(path);
      if (content) bytes_left -= content->text.size();
      const auto file = files_before.find(path);
      after.files.push_back(
          Next(file == files_before.end() ? nullptr : file->second, path,
               std::move(content).map_error([](const ReadError& error) { return error.reason; }),
               pattern.format, sources, now));
    }
    if (count == 0 && matches.fault.empty()) matches.fault = kNoFile;
    if (!matches.fault.empty()) {
      after.pattern_faults.push_back({.path = pattern.path, .reason = std::move(matches.fault)});
    }
  }
  MergeAll(sources, after);
  return after;
}

void LogChanges(const TargetsInForce& before, const TargetsInForce& after) {
  const Files files_before = ByPath(before);
  const Files files_after = ByPath(after);
  for (const PatternFault& fault : after.pattern_faults) {
    if (Contains(before.pattern_faults, fault)) continue;
    // Nobody may be at work.
    const bool is_usual = fault.reason == kNoFile && HasWildcard(fault.path);
    Log(is_usual ? LogLevel::kInfo : LogLevel::kWarn, "targets files not found",
        {{"pattern", fault.path}, {"reason", fault.reason}});
  }
  for (const TargetsFile& file : before.files) {
    if (!files_after.contains(file.path)) LogInfo("targets file is gone", {{"file", file.path}});
  }
  for (const TargetsFile& file : after.files) {
    const auto found = files_before.find(file.path);
    LogChanges(found == files_before.end() ? nullptr : found->second, file);
  }
}

}  // namespace arkouda_exporter
