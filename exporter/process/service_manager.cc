#include "exporter/process/service_manager.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "common/log.h"

namespace arkouda_exporter {
namespace {

// How often people find a new status where there is no watchdog, and at least where there is one.
constexpr std::chrono::milliseconds kLongestBeat(5000);

std::optional<std::int64_t> NumberIn(const char* text) {
  if (text == nullptr) return std::nullopt;
  const char* const end = text + std::strlen(text);
  std::int64_t number = 0;
  const auto [rest, error] = std::from_chars(text, end, number);
  return error == std::errc() && rest == end && number > 0 ? std::optional(number) : std::nullopt;
}

}  // namespace

ServiceManager::ServiceManager(
    const std::function<const char*(const char* name)>& get_environment) {
  const char* const path = get_environment("NOTIFY_SOCKET");
  if (path == nullptr || *path == '\0') return;
  const std::size_t length = std::strlen(path);
  const bool is_abstract = *path == '@';
  if ((*path != '/' && !is_abstract) || length >= sizeof address_.sun_path) {
    LogWarn("the service manager is told nothing",
            {{"NOTIFY_SOCKET", path}, {"reason", "expected an absolute path, or @ and a name"}});
    return;
  }
  address_.sun_family = AF_UNIX;
  std::memcpy(address_.sun_path, path, length);
  if (is_abstract) address_.sun_path[0] = '\0';
  address_size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  socket_ = FileDescriptor(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket_) {
    LogWarn("the service manager is told nothing", {{"reason", std::strerror(errno)}});
    return;
  }
  const char* const whose = get_environment("WATCHDOG_PID");
  if (whose != nullptr && NumberIn(whose) != getpid()) return;
  if (const auto microseconds = NumberIn(get_environment("WATCHDOG_USEC"))) {
    watchdog_ = std::chrono::microseconds(*microseconds);
  }
}

std::optional<std::chrono::milliseconds> ServiceManager::beat() const {
  if (!socket_) return std::nullopt;
  if (!watchdog_) return kLongestBeat;
  // Half of it, as sd_watchdog_enabled(3) recommends.
  return std::min(kLongestBeat,
                  std::chrono::duration_cast<std::chrono::milliseconds>(*watchdog_ / 2));
}

void ServiceManager::TellReady() const { Tell("READY=1"); }

void ServiceManager::TellReloading(std::chrono::steady_clock::time_point now) const {
  const auto since_boot =
      std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
  Tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(since_boot.count()));
}

void ServiceManager::TellStopping() const { Tell("STOPPING=1"); }

void ServiceManager::TellAlive(std::string_view status) const {
  Tell("WATCHDOG=1\nSTATUS=" + std::string(status));
}

void ServiceManager::Tell(std::string_view assignments) const {
  if (!socket_) return;
  // A manager that does not listen any more, or not fast enough, misses it: nothing waits for it.
  static_cast<void>(sendto(socket_.get(), assignments.data(), assignments.size(), MSG_NOSIGNAL,
                           reinterpret_cast<const sockaddr*>(&address_), address_size_));
}

}  // namespace arkouda_exporter
