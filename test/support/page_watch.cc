#include "test/support/page_watch.h"

#include <string>
#include <utility>

namespace arkouda_exporter::testing {

PageWatch::PageWatch(const Exporter& exporter, Check check)
    : thread_([this, &exporter, check = std::move(check)](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const auto result = check(exporter.Scrape());
          ++pages_;
          EXPECT_TRUE(result) << "page " << pages_ << " of the watch";
          if (!result) return;
        }
      }) {}

PageWatch::~PageWatch() { Stop(); }

::testing::AssertionResult PageWatch::AwaitPages(std::size_t more) {
  const std::size_t wanted = pages_ + more;
  return Await(std::to_string(more) + " more pages", [&] { return pages_ >= wanted; });
}

void PageWatch::Stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

}  // namespace arkouda_exporter::testing
