#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "common/file_descriptor.h"

namespace arkouda_simulator {

/// A port that nobody else gets, also while nobody listens on it: a socket is bound to it, which
/// never listens. With SO_REUSEADDR, which ZeroMQ sets, another socket may.
class ReservedPort {
 public:
  /// `address`: IPv4, or `*` for all of the machine; port 0: a free one. The error says why it
  /// can't be had.
  static tl::expected<ReservedPort, std::string> Take(const std::string& address,
                                                      std::uint16_t port);

  std::uint16_t number() const { return number_; }

 private:
  ReservedPort(arkouda_exporter::FileDescriptor socket, std::uint16_t number)
      : socket_(std::move(socket)), number_(number) {}

  arkouda_exporter::FileDescriptor socket_;
  std::uint16_t number_;
};

}  // namespace arkouda_simulator
