#include "exporter/process/target_sources.h"

#include <set>
#include <utility>

#include "common/quote.h"
#include "exporter/metrics/family_table.h"

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
  TargetSources sources{.patterns = settings.arkouda.targets_files,
                        .reserved_labels = LabelsOfMetrics(),
                        .first_target = std::nullopt};
  if (const auto& target = settings.arkouda.default_target) {
    sources.first_target = PlacedTarget{*target, Place{.source = "--arkouda.host"}};
    sources.first_target->target.address = target->address.Canonical();
  }
  return sources;
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
