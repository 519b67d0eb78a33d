#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

#include "common/file_descriptor.h"

namespace arkouda_exporter {

/// The service manager that has started this process, such as systemd, and is told how it is: a
/// datagram each, as sd_notify(3) describes them. Where nobody asked for that, nothing is sent. Any
/// thread.
class ServiceManager {
 public:
  /// Of NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. What is wrong with them is logged, and the
  /// process goes on without.
  explicit ServiceManager(const std::function<const char*(const char* name)>& get_environment);

  /// How often it is to be told that the process is alive; nullopt: nobody asks.
  std::optional<std::chrono::milliseconds> beat() const;

  void TellReady() const;
  /// Ends with the next TellReady. `now`: the manager tells by it which request this answers.
  void TellReloading(std::chrono::steady_clock::time_point now) const;
  void TellStopping() const;
  /// `status`: how it is, in one line for people.
  void TellAlive(std::string_view status) const;

 private:
  void Tell(std::string_view assignments) const;

  FileDescriptor socket_;  // of none: nobody asks
  sockaddr_un address_{};
  socklen_t address_size_ = 0;
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace arkouda_exporter
