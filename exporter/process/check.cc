#include "exporter/process/check.h"

#include <iterator>
#include <string>
#include <utility>

#include "exporter/web/web_config_in_force.h"

namespace arkouda_exporter {
namespace {

Findings CheckWebConfig(const std::string& path) {
  auto usable = MakeUsable(LoadWebConfig(path));
  if (!usable) return {.errors = std::move(usable).error()};
  return {.warnings = std::move(usable->config.notes)};
}

}  // namespace

Findings CheckFiles(const Settings& settings) {
  Findings findings = CheckTargets(settings);
  if (!settings.web.config_file) return findings;
  Findings more = CheckWebConfig(*settings.web.config_file);
  std::move(more.errors.begin(), more.errors.end(), std::back_inserter(findings.errors));
  std::move(more.warnings.begin(), more.warnings.end(), std::back_inserter(findings.warnings));
  return findings;
}

}  // namespace arkouda_exporter
