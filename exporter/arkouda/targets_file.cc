#include "exporter/arkouda/targets_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "common/metric.h"
#include "common/quote.h"

namespace arkouda_exporter {
namespace {

using Kind = DocumentNode::Kind;

constexpr std::size_t kMostFaults = 20;  // of a file, each of which is a line of the log
constexpr std::size_t kMostLabels = 32;
constexpr std::size_t kMostLabelBytes = 4096;  // of a target, names and values
constexpr std::size_t kShownBytes = 60;

using Labels = std::map<std::string, std::string>;

std::string Shown(std::string_view text) { return Excerpt(text, kShownBytes); }

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// Reads the entries of one file.
class EntryReader {
 public:
  EntryReader(const std::string& source, const EntryRules& rules,
              const std::optional<FixedLabel>& fixed)
      : source_(source), rules_(rules), fixed_(fixed) {}

  void Read(const DocumentNode& entry) {
    if (entry.kind != Kind::kMap) {
      return AddFault(entry.line, fmt::format("the entry is {}, expected a map with targets and "
                                              "labels",
                                              NameOf(entry.kind)));
    }
    const DocumentNode* targets = nullptr;
    const DocumentNode* labels = nullptr;
    for (const DocumentNode& field : entry.items) {
      const bool is_targets = field.key == "targets";
      if (!is_targets && field.key != "labels") {
        return AddFault(field.line, fmt::format("the entry has {}, expected targets and labels "
                                                "alone",
                                                Shown(field.key)));
      }
      const DocumentNode*& place = is_targets ? targets : labels;
      if (place != nullptr) {
        return AddFault(field.line,
                        fmt::format("the entry has {} twice, expected it once", field.key));
      }
      place = &field;
    }
    if (targets == nullptr) {
      return AddFault(entry.line, R"(the entry has no targets, expected a list of HOST:PORT)");
    }
    if (targets->kind != Kind::kList) {
      return AddFault(targets->line, fmt::format("targets is {}, expected a list of HOST:PORT",
                                                 NameOf(targets->kind)));
    }
    std::optional<Labels> read = labels == nullptr ? Labels() : ReadLabels(*labels);
    if (!read) return;
    if (fixed_) (*read)[fixed_->name] = fixed_->value;
    for (const DocumentNode& target : targets->items) ReadTarget(target, *read);
  }

  ParsedTargets Finish() && { return std::move(parsed_); }

 private:
  void AddFault(std::size_t line, std::string reason) {
    parsed_.faults.Add({.place = {.source = source_, .line = line}, .reason = std::move(reason)});
  }

  // Every fault of the labels is told of; with one of them there are no labels to be had.
  std::optional<Labels> ReadLabels(const DocumentNode& node) {
    if (node.kind == Kind::kNull) return Labels();
    if (node.kind != Kind::kMap) {
      AddFault(node.line, fmt::format("labels is {}, expected a map", NameOf(node.kind)));
      return std::nullopt;
    }
    if (node.items.size() > kMostLabels) {
      AddFault(node.line, fmt::format("the entry has {} labels, expected at most {}",
                                      node.items.size(), kMostLabels));
      return std::nullopt;
    }
    Labels labels;
    bool is_good = true;
    std::size_t bytes = 0;
    for (const DocumentNode& label : node.items) {
      const std::string fault = labels.contains(label.key) ? "it is there twice, expected it once"
                                                           : FindFaultOfLabel(label);
      if (!fault.empty()) {
        AddFault(label.line, fmt::format("label {}: {}", Shown(label.key), fault));
        is_good = false;
      }
      bytes += label.key.size() + label.text.size();
      labels.emplace(label.key, label.text);
    }
    if (bytes > kMostLabelBytes) {
      AddFault(node.line, fmt::format("the labels take {} bytes, expected at most {}", bytes,
                                      kMostLabelBytes));
      is_good = false;
    }
    if (!is_good) return std::nullopt;
    std::erase_if(labels, [](const auto& label) { return label.second.empty(); });
    return labels;
  }

  // What is wrong with a label, or empty.
  std::string FindFaultOfLabel(const DocumentNode& label) const {
    const std::string& name = label.key;
    if (std::string fault = FaultOfLabelName(name, rules_); !fault.empty()) return fault;
    if (label.kind != Kind::kText) {
      return fmt::format("its value is {}, expected a text in quotes", NameOf(label.kind));
    }
    if (fixed_ && name == fixed_->name && label.text != fixed_->value) {
      return fmt::format("its value is {}, expected {}, to whom the file belongs, or no such label",
                         Shown(label.text), Shown(fixed_->value));
    }
    if (name == kServerNameLabel && label.text.empty()) {
      return "its value is empty, expected a name; without the label, it is the address";
    }
    return {};
  }

  void ReadTarget(const DocumentNode& node, const Labels& labels) {
    if (node.kind != Kind::kText) {
      return AddFault(node.line, fmt::format("a target is {}, expected HOST:PORT in quotes",
                                             NameOf(node.kind)));
    }
    const auto address = HostPort::Parse(node.text);
    if (!address) {
      return AddFault(node.line, fmt::format("target {}: {}", Shown(node.text), address.error()));
    }
    if (!rules_.allowed.empty() && !MatchesAny(rules_.allowed, *address)) {
      return AddFault(node.line, fmt::format("target {}: expected one that a pattern of "
                                             "--arkouda.targets-allow lets in",
                                             address->ToString()));
    }
    if (parsed_.targets.size() == kMostTargets) {
      return AddFault(node.line, fmt::format("target {}: the file has more than {}",
                                             Shown(node.text), kMostTargets));
    }
    PlacedTarget placed{.target = {.address = address->Canonical(), .labels = labels},
                        .place = {.source = source_, .line = node.line}};
    Target& target = placed.target;
    const auto name = target.labels.extract(std::string(kServerNameLabel));
    target.server_name = name.empty() ? address->ToString() : name.mapped();
    parsed_.targets.push_back(std::move(placed));
  }

  const std::string& source_;
  const EntryRules& rules_;
  const std::optional<FixedLabel>& fixed_;
  ParsedTargets parsed_;
};

}  // namespace

std::string FaultOfLabelName(std::string_view name, const EntryRules& rules) {
  const bool is_name =
      !name.empty() && IsLetter(name.front()) &&
      std::all_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || IsDigit(c); });
  if (!is_name) {
    return "expected a name of letters, digits and underscores that does not begin with a digit";
  }
  if (name.starts_with("__")) {
    return "names with two underscores in front are Prometheus' own, expected another name";
  }
  if (name == "job" || name == "instance") {
    return fmt::format(
        "Prometheus sets it by itself and would call this one exported_{}, expected another name",
        name);
  }
  if (name != kServerNameLabel && rules.reserved_labels.contains(std::string(name))) {
    return "the metrics have a label of this name themselves, expected another name";
  }
  return {};
}

void TargetsFaults::Add(TargetsFault fault) {
  if (first.size() == kMostFaults) {
    ++more;
  } else {
    first.push_back(std::move(fault));
  }
}

tl::expected<ParsedTargets, TargetsFault> ParseTargets(std::string_view text, DocumentFormat format,
                                                       const std::string& source,
                                                       const EntryRules& rules,
                                                       const std::optional<FixedLabel>& fixed) {
  EntryReader reader(source, rules, fixed);
  const auto read = ReadDocument(text, format, DocumentNode::Kind::kList,
                                 [&](const DocumentNode& entry) { reader.Read(entry); });
  if (!read) {
    return tl::make_unexpected(TargetsFault{Place{source, read.error().line}, read.error().reason});
  }
  return std::move(reader).Finish();
}

MergedTargets Merge(const std::vector<PlacedTarget>& all, std::size_t most) {
  // Fewer than the most of any process: what that is for want of.
  const std::string over = fmt::format(
      "there are more than {} in all{}", most,
      most < kMostTargets ? ", expected a higher limit of open files (ulimit -n, LimitNOFILE)"
                          : "");
  MergedTargets merged;
  std::map<HostPort, const Place*, LessServer> addresses;
  std::map<std::pair<std::string, Labels>, const Place*> names;
  for (const PlacedTarget& placed : all) {
    const Target& target = placed.target;
    const auto refuse = [&](std::string reason) {
      merged.faults.push_back(
          {.place = placed.place,
           .reason = fmt::format("target {}: {}", target.address.ToString(), reason)});
    };
    if (merged.targets.size() >= most) {
      refuse(over);
      continue;
    }
    HostPort address = target.address.Canonical();
    if (const auto same = addresses.find(address); same != addresses.end()) {
      refuse(fmt::format("{} has the same address, expected each address once",
                         same->second->ToString()));
      continue;
    }
    std::pair<std::string, Labels> name(target.server_name, target.labels);
    if (const auto same = names.find(name); same != names.end()) {
      refuse(fmt::format("{} has the same {} {} and the same labels, expected a difference",
                         same->second->ToString(), kServerNameLabel, Shown(target.server_name)));
      continue;
    }
    addresses.emplace(std::move(address), &placed.place);
    names.emplace(std::move(name), &placed.place);
    merged.targets.push_back(placed);
  }
  return merged;
}

}  // namespace arkouda_exporter
