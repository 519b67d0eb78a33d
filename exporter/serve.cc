#include "exporter/serve.h"

#include <csignal>
#include <utility>

#include "common/build_info.h"
#include "common/log.h"
#include "exporter/exporter.h"

namespace arkouda_exporter {

tl::expected<void, std::vector<std::string>> Serve(const CommandLine& line, Stoppable& run) {
  auto exporter = Exporter::Create(line.settings);
  if (!exporter) {
    std::vector<std::string> errors = std::move(exporter).error();
    for (std::string& error : errors) error.insert(0, line.Describe("web.listen-address") + ": ");
    return tl::unexpected(std::move(errors));
  }
  LogInfo("starting", {{"version", GetBuildInfo().version}, {"revision", GetBuildInfo().revision}});
  (*exporter)->Start();
  run.AwaitStop([&] { (*exporter)->ReadFilesAgain(); });
  LogInfo("stopping", {{"signal", run.signal() == SIGINT ? "SIGINT" : "SIGTERM"}});
  return {};
}

}  // namespace arkouda_exporter
