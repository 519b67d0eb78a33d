#pragma once

#include <compare>
#include <map>
#include <string>

#include "common/host_port.h"

namespace arkouda_exporter {

/// An Arkouda server that is watched, and what it is called.
struct Target {
  HostPort address;
  std::string server_name;                    ///< of the label arkouda_server_name; never empty
  std::map<std::string, std::string> labels;  ///< the others that its series carry

  // clang-tidy 14 takes what the language compares it with for a pointer.
  // NOLINTNEXTLINE(modernize-use-nullptr)
  friend auto operator<=>(const Target&, const Target&) = default;
};

}  // namespace arkouda_exporter
