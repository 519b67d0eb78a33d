#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/metric.h"

namespace arkouda_exporter {

/// The reply to `metrics`/`SERVER_INFO`, as far as it could be read.
struct ServerInfo {
  struct Identity {
    std::string hostname;
    std::string version;
    std::int64_t number_of_locales = 0;
  };
  std::optional<Identity> identity;
  std::vector<LocaleInfo> locales;
};

}  // namespace arkouda_exporter
