#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "common/file_descriptor.h"

namespace arkouda_simulator {

/// Descriptors to wait for, whose number makes no difference to what a wait costs. One thread.
class Epoll {
 public:
  Epoll();

  /// `owner`: the number by which Wait tells that the descriptor is readable.
  void Add(int fd, std::size_t owner);
  void Remove(int fd);

  /// Waits until one is readable, or for that long at most, and gives the owners of some that are.
  std::vector<std::size_t> Wait(std::optional<std::chrono::milliseconds> at_most);

 private:
  const arkouda_exporter::FileDescriptor fd_;
};

}  // namespace arkouda_simulator
