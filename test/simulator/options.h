#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "test/simulator/conditions.h"
#include "test/simulator/faults.h"
#include "test/simulator/form.h"
#include "test/simulator/workload.h"

namespace arkouda_simulator {

/// What the flags say, checked.
struct Options {
  /// Where the first server listens; the others have the next ports, or (0) free ones, too.
  struct Listen {
    std::string address;  ///< IPv4, or `*`
    std::uint16_t port = 0;
  } listen;
  std::vector<Condition> conditions;  ///< at the start; as many as there are servers
  std::string conditions_file;        ///< what is read after SIGUSR2
  std::string targets_file;           ///< where to write; empty: nowhere
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
