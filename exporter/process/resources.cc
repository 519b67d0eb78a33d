#include "exporter/process/resources.h"

#include <sys/eventfd.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <latch>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "common/file_descriptor.h"

namespace arkouda_exporter {
namespace {

using Outcome = tl::expected<void, std::string>;

Outcome TryThreads(int count) {
  std::latch all_tried(1);
  std::error_code error;
  {
    std::vector<std::jthread> threads;
    // Whatever is thrown, the threads are let go before they are joined.
    const std::shared_ptr<void> release(nullptr, [&](void*) { all_tried.count_down(); });
    try {
      for (int i = 0; i < count; ++i) threads.emplace_back([&] { all_tried.wait(); });
    } catch (const std::system_error& refused) {
      error = refused.code();
    }
  }
  if (!error) return {};
  const std::string expected =
      error == std::errc::operation_not_permitted
          ? "expected a container engine that lets glibc call clone3, such as Docker from 20.10.10 "
            "on"
          : "expected a higher limit of processes (ulimit -u, pids of a container) or of memory";
  return tl::unexpected("not enough threads (" + std::to_string(count) +
                        " needed): " + error.message() + "; " + expected);
}

Outcome TryDescriptors(int count) {
  std::vector<FileDescriptor> descriptors;
  for (int i = 0; i < count; ++i) {
    // Nothing that would have to be there, such as /dev/null.
    descriptors.emplace_back(eventfd(0, EFD_CLOEXEC));  // common-error: 13, it wakes nobody
    if (descriptors.back()) continue;
    const int error = errno;
    return tl::unexpected("not enough file descriptors (" + std::to_string(count) +
                          " needed): " + std::strerror(error) +
                          "; expected a higher limit of open files (ulimit -n, LimitNOFILE)");
  }
  return {};
}

}  // namespace

std::size_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t soft = std::exchange(limit.rlim_cur, limit.rlim_max);
  // It stays what it is where that is refused.
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = soft;
  constexpr rlim_t kEnough = 1 << 20;
  return std::min(limit.rlim_cur, kEnough);
}

Outcome TryResources(const Resources& needed) {
  auto outcome = TryDescriptors(needed.descriptors);
  return outcome ? TryThreads(needed.threads) : outcome;
}

}  // namespace arkouda_exporter
