#pragma once

#include <stop_token>
#include <string>
#include <tl/expected.hpp>

#include "exporter/process/settings.h"

namespace arkouda_exporter {

/// Asks the exporter of this machine that has these settings whether it is healthy, at its first
/// address; where it listens on every address, at the loopback one. With a web configuration it is
/// asked over TLS, without looking at its certificate, and in plain text if it has no TLS. Blocks
/// until the answer or 3 s, or until `stop` is requested, whatever the peer does. The error is one
/// line: what was asked, what came instead, and what would be right.
tl::expected<void, std::string> CheckHealth(const WebSettings& web, const std::stop_token& stop);

}  // namespace arkouda_exporter
