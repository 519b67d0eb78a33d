#pragma once

#include <stop_token>
#include <string>
#include <tl/expected.hpp>

#include "common/host_port.h"

namespace arkouda_exporter {

/// Asks the exporter that listens on `address`, of this machine, whether it is healthy. Where it
/// listens on every address, the loopback one is asked. Blocks until the answer or 3 s, or until
/// `stop` is requested, whatever the peer does. The error is one line: what was asked, what came
/// instead, and what would be right.
tl::expected<void, std::string> CheckHealth(const HostPort& address, const std::stop_token& stop);

}  // namespace arkouda_exporter
