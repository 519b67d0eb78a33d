#include "exporter/once.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "common/log.h"
#include "exporter/exporter.h"
#include "exporter/process/textfile.h"

namespace arkouda_exporter {
namespace {

tl::expected<void, std::string> WritePage(const std::optional<std::string>& file,
                                          const std::string& page) {
  if (!file) {
    if (std::cout << page << std::flush) return {};
    return tl::unexpected(std::string("standard output is closed or full"));
  }
  auto written = WriteTextfile(*file, page);
  if (written) return {};
  std::error_code error;
  const char* const old = std::filesystem::exists(*file, error) ? "; the old file is kept" : "";
  return tl::unexpected(*file + ": " + written.error() + old);
}

}  // namespace

int RunOnce(const Settings& settings, Stoppable& run) {
  int status = EXIT_FAILURE;
  bool has_ended = false;
  PollOnce(settings, run.stop(), [&](const OnePoll& outcome) {
    const auto written = WritePage(settings.once_output, outcome.page);
    if (!written) LogError("the page can't be written", {{"reason", written.error()}});
    if (written && outcome.is_success) status = EXIT_SUCCESS;
    has_ended = true;
    run.SetStatusWhenLate(status);
    run.Finish();
  });
  if (!has_ended) LogWarn("interrupted");
  return status;
}

}  // namespace arkouda_exporter
