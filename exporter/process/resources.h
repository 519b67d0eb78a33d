#pragma once

#include <cstddef>
#include <string>
#include <tl/expected.hpp>

namespace arkouda_exporter {

/// What a process takes of that which is limited.
struct Resources {
  int threads = 0;
  int descriptors = 0;
};

/// Raises this process's limit of open files to the hard one, and returns what it is then.
std::size_t RaiseDescriptorLimit();

/// Takes all of it for a moment, beside what the process has already. libzmq ends a process by
/// SIGABRT when it is refused one of these, so it is found out before. The error is one line: what
/// can't be had, why, and what would be right.
tl::expected<void, std::string> TryResources(const Resources& needed);

}  // namespace arkouda_exporter
