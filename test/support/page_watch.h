#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>

#include "test/support/exporter.h"
#include "test/support/page.h"

namespace arkouda_exporter::testing {

/// Scrapes an exporter again and again beside the test, and fails the test at the first page that
/// is not as it should be.
class PageWatch {
 public:
  using Check = std::function<::testing::AssertionResult(const Page&)>;

  /// `exporter` outlives this. The check is called from another thread.
  PageWatch(const Exporter& exporter, Check check);
  ~PageWatch();
  PageWatch(const PageWatch&) = delete;
  PageWatch& operator=(const PageWatch&) = delete;

  /// How many pages were seen so far.
  std::size_t pages() const { return pages_; }
  /// Waits until this many more were seen.
  ::testing::AssertionResult AwaitPages(std::size_t more);
  /// Sees no further pages.
  void Stop();

 private:
  std::atomic<std::size_t> pages_ = 0;
  std::jthread thread_;
};

}  // namespace arkouda_exporter::testing
