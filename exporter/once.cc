#include "exporter/once.h"

#include <cstdlib>
#include <iostream>
#include <string>
#include <tl/expected.hpp>

#include "common/log.h"
#include "exporter/exporter.h"
#include "exporter/textfile.h"

namespace arkouda_exporter {
namespace {

tl::expected<void, std::string> WritePage(const std::string& file, const std::string& page) {
  if (file.empty()) {
    if (std::cout << page << std::flush) return {};
    return tl::unexpected(std::string("standard output is closed or full"));
  }
  auto written = WriteTextfile(file, page);
  if (written) return {};
  return tl::unexpected(file + ": " + written.error() + "; the old file is kept");
}

}  // namespace

int RunOnce(const Options& options, Stoppable& run) {
  int status = EXIT_FAILURE;
  run.SetStatusWhenLate(status);
  PollOnce(options, run.stop(), [&](const OnePoll& outcome) {
    const auto written = WritePage(options.once_output, outcome.page);
    if (!written) LogError("the page can't be written", {{"reason", written.error()}});
    if (written && outcome.is_success) status = EXIT_SUCCESS;
    run.SetStatusWhenLate(status);
    run.Finish();
  });
  if (run.signal() != 0) LogWarn("interrupted");
  return status;
}

}  // namespace arkouda_exporter
