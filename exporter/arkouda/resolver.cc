#include "exporter/arkouda/resolver.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <list>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace arkouda_exporter {
namespace {

constexpr int kMostThreads = 8;

Resolver::Addresses AddressesOf(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return tl::unexpected("the host name can't be resolved: " + std::string(gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  std::vector<std::string> addresses;
  for (const int family : {AF_INET, AF_INET6}) {
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
      if (each->ai_family != family) continue;
      std::array<char, NI_MAXHOST> text{};
      if (getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0) {
        continue;
      }
      if (std::find(addresses.begin(), addresses.end(), text.data()) == addresses.end()) {
        addresses.emplace_back(text.data());
      }
    }
  }
  if (addresses.empty()) {
    return tl::unexpected(std::string("the host name has neither an IPv4 nor an IPv6 address"));
  }
  return addresses;
}

}  // namespace

// What the threads share with the resolver, and outlives it where one of them hangs.
struct Resolver::State {
  struct Lookup {
    std::string host;
    OnResolved on_resolved;
  };

  std::mutex mutex;
  // Guarded by mutex.
  std::list<Lookup> waiting;
  int threads = 0;
  bool is_over = false;

  // A thread's work: all lookups that wait, and no longer.
  void Work() {
    while (true) {
      std::list<Lookup> one;
      {
        const std::lock_guard lock(mutex);
        if (waiting.empty() || is_over) {
          --threads;
          return;
        }
        one.splice(one.begin(), waiting, waiting.begin());
      }
      Addresses addresses = AddressesOf(one.front().host);
      const std::lock_guard lock(mutex);
      if (!is_over) one.front().on_resolved(std::move(addresses));
    }
  }
};

Resolver::Resolver() : state_(std::make_shared<State>()) {}

Resolver::~Resolver() {
  const std::lock_guard lock(state_->mutex);
  state_->is_over = true;
  state_->waiting.clear();
}

void Resolver::Resolve(std::string host, OnResolved on_resolved) {
  const std::lock_guard lock(state_->mutex);
  state_->waiting.push_back({.host = std::move(host), .on_resolved = std::move(on_resolved)});
  if (state_->threads >= kMostThreads) return;
  try {
    std::thread([state = state_] { state->Work(); }).detach();
    ++state_->threads;
  } catch (const std::system_error&) {
    if (state_->threads > 0) return;  // one of those will see to it
    state_->waiting.back().on_resolved(
        tl::unexpected(std::string("there is no thread to resolve the host name")));
    state_->waiting.pop_back();
  }
}

bool Resolver::IsNumeric(const std::string& host) {
  in_addr ipv4{};
  return host.find(':') != std::string::npos || inet_pton(AF_INET, host.c_str(), &ipv4) == 1;
}

}  // namespace arkouda_exporter
