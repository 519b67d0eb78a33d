#pragma once

#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace arkouda_exporter {

/// Looks up the addresses of hosts, on threads of its own: getaddrinfo(3) takes as long as the name
/// servers do, and can't be interrupted. libzmq would look names up on the one thread that carries
/// the replies and heartbeats of all targets.
///
/// Destroying it waits for nothing: a lookup that goes on ends with the process at the latest, and
/// its callback is not called. Any thread.
class Resolver {
 public:
  /// Numeric addresses, IPv4 before IPv6, each once; or why there are none.
  using Addresses = tl::expected<std::vector<std::string>, std::string>;
  using OnResolved = std::function<void(Addresses)>;

  Resolver();
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Looks up a name, and calls `on_resolved` once, on one of the threads. As many names as there
  /// are threads can hang before the others have to wait.
  void Resolve(std::string host, OnResolved on_resolved);

  /// Whether a host, as ParseHost gives it, is an address already.
  static bool IsNumeric(const std::string& host);

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace arkouda_exporter
