#include "exporter/process/target_sources.h"

#include <set>
#include <utility>

#include "common/metric.h"
#include "common/quote.h"
#include "exporter/metrics/family_table.h"
#include "exporter/process/user_name.h"

namespace arkouda_exporter {
namespace {

std::set<std::string> LabelsOfMetrics() {
  std::set<std::string> names = {"le"};  // of a histogram's buckets
  for (const Family& family : Families()) {
    for (const Label& label : family.labels) names.emplace(label.name);
  }
  return names;
}

}  // namespace

TargetSources MakeTargetSources(const Settings& settings) {
  TargetSources sources{
      .patterns = settings.arkouda.targets_files,
      .rules = {.reserved_labels = LabelsOfMetrics(), .allowed = settings.arkouda.targets_allow},
      .owner_label = settings.arkouda.targets_owner_label,
      .user_name = UserName};
  if (const auto& target = settings.arkouda.default_target) {
    sources.first_target = PlacedTarget{*target, Place{.source = "--arkouda.host"}};
    sources.first_target->target.address = target->address.Canonical();
  }
  return sources;
}

tl::expected<std::string, std::string> ParseOwnerLabel(std::string_view text) {
  if (text == kServerNameLabel) {
    return tl::unexpected(
        std::string("a user's servers would all have one name, expected another name"));
  }
  std::string fault = FaultOfLabelName(text, {.reserved_labels = LabelsOfMetrics()});
  if (!fault.empty()) return tl::unexpected(std::move(fault));
  return std::string(text);
}

Findings CheckTargets(const Settings& settings) {
  Findings findings;
  const TargetsInForce targets = ReadTargets(MakeTargetSources(settings), {}, {});
  for (const TargetsFile& file : targets.files) {
    for (const TargetsFault& fault : file.Faults()) {
      findings.errors.push_back(QuoteBytes(fault.place.ToString() + ": " + fault.reason));
    }
  }
  for (const PatternFault& fault : targets.pattern_faults) {
    findings.warnings.push_back(QuoteBytes(fault.path + ": " + fault.reason));
  }
  return findings;
}

}  // namespace arkouda_exporter
