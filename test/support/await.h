#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string_view>

namespace arkouda_exporter::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

/// How long a test waits for something that must happen. It only guards against hanging, no test
/// measures time: on a busy machine everything may take a while.
inline constexpr std::chrono::milliseconds kDeadline = std::chrono::seconds(kIsSanitized ? 60 : 20);

/// Asks `condition` again and again, and returns as soon as it holds. When it doesn't within
/// `deadline`, the result is a failure that says `what` was awaited:
///
///     EXPECT_TRUE(Await("the file is there", [&] { return exists(path); }));
::testing::AssertionResult Await(std::string_view what, const std::function<bool()>& condition,
                                 std::chrono::milliseconds deadline = kDeadline);

}  // namespace arkouda_exporter::testing
