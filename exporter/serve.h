#pragma once

#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "exporter/process/command_line.h"
#include "exporter/process/stoppable.h"

namespace arkouda_exporter {

/// Polls and serves until `run` is stopped, and tells the service manager how that goes. The errors
/// are one line for each address that can't be listened on, with the flag or variable that it comes
/// from; nothing has started then. Throws like Exporter::Create.
tl::expected<void, std::vector<std::string>> Serve(const CommandLine& line,
                                                   const GetEnvironment& get_environment,
                                                   Stoppable& run);

}  // namespace arkouda_exporter
