#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "test/support/page.h"
#include "test/support/process.h"
#include "test/support/temp_dir.h"

namespace arkouda_exporter::testing {

/// A real Prometheus that scrapes one exporter on 127.0.0.1, as job "arkouda", twice a second.
class Prometheus {
 public:
  /// `more`: settings of the scrape besides, such as "label_limit: 5".
  explicit Prometheus(std::uint16_t exporter_port, const std::string& more = "");

  /// The state of its only target.
  struct Target {
    std::string health;
    std::string last_error;
  };
  Target target() const;

  /// The answer to an instant query: the series by their labels, `__name__` among them, without
  /// those that Prometheus adds (`job`, `instance`).
  std::map<Labels, double> Query(const std::string& promql) const;

 private:
  nlohmann::json Get(const std::string& path, const std::string& promql = "") const;

  const TempDir directory_;
  Process process_;
  std::string url_;
};

}  // namespace arkouda_exporter::testing
