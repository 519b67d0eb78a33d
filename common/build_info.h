#pragma once

#include <string_view>

namespace arkouda_exporter {

/// What this program was built from, fixed at build time. Static storage, any thread.
struct BuildInfo {
  std::string_view version;  ///< such as "0.1.0"
  std::string_view
      revision;  ///< git's short hash, "-dirty" behind it for an edited tree, or "unknown"
  std::string_view compiler;  ///< such as "GNU 12.2.0"
};

BuildInfo GetBuildInfo();

}  // namespace arkouda_exporter
