#include "test/support/await.h"

#include <poll.h>

namespace arkouda_exporter::testing {

::testing::AssertionResult Await(std::string_view what, const std::function<bool()>& condition,
                                 std::chrono::milliseconds deadline) {
  constexpr int kPauseMilliseconds = 10;
  const auto end = std::chrono::steady_clock::now() + deadline;
  for (;;) {
    // The clock is read first, so that the condition is asked once more after a long pause.
    const bool is_late = std::chrono::steady_clock::now() >= end;
    if (condition()) return ::testing::AssertionSuccess();
    if (is_late) {
      return ::testing::AssertionFailure()
             << "awaited for " << deadline.count() << " ms in vain: " << what;
    }
    poll(nullptr, 0, kPauseMilliseconds);
  }
}

}  // namespace arkouda_exporter::testing
