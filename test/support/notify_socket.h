#pragma once

#include <string>
#include <vector>

#include "common/file_descriptor.h"
#include "test/support/temp_dir.h"

namespace arkouda_exporter::testing {

/// A service manager's end of NOTIFY_SOCKET: what a process tells it, datagram by datagram.
class NotifySocket {
 public:
  /// In a temporary folder, or, by that name alone, in the kernel's list of abstract ones.
  explicit NotifySocket(const std::string& abstract_name = {});

  /// What NOTIFY_SOCKET is to be.
  const std::string& variable() const { return variable_; }
  /// All that it has been told so far.
  const std::vector<std::string>& Told();

 private:
  const TempDir directory_;
  const std::string variable_;
  const FileDescriptor fd_;
  std::vector<std::string> told_;
};

}  // namespace arkouda_exporter::testing
