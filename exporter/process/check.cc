#include "exporter/process/check.h"

#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "exporter/web/tls_credentials.h"
#include "exporter/web/web_config.h"

namespace arkouda_exporter {
namespace {

Findings CheckWebConfig(const std::string& path) {
  const LoadedWebConfig loaded = LoadWebConfig(path);
  if (!loaded.config) return {.errors = loaded.config.error()};
  Findings findings{.warnings = loaded.config->notes};
  if (!loaded.config->tls) return findings;
  auto credentials = TlsCredentials::Make(*loaded.config->tls);
  if (!credentials) findings.errors = std::move(credentials).error();
  return findings;
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
