#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "test/simulator/faults.h"
#include "test/simulator/form.h"
#include "test/simulator/workload.h"

namespace arkouda_simulator {

/// What the flags say, checked.
struct Options {
  std::string listen;  ///< IPv4 address or `*`, and port; port 0: a free one
  WorkloadSize size;
  std::uint64_t seed = 1;
  Form form = Form::k2024;
  std::string server_version;
  std::string server_hostname;
  std::optional<std::string> recorded_all;          ///< the msg of an ALL reply
  std::optional<std::string> recorded_server_info;  ///< the msg of a SERVER_INFO reply
  FaultPlan faults;
};

struct CommandLine {
  Options options;
  /// What --help or --version print; when there is any, nothing else is to be done.
  std::string text;
};

/// Reads the flags, and the files that they name. The error is one line with flag and value.
tl::expected<CommandLine, std::string> ReadCommandLine(int argc, const char* const* argv);

}  // namespace arkouda_simulator
