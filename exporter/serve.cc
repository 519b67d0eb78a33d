#include "exporter/serve.h"

#include <chrono>
#include <csignal>
#include <memory>
#include <utility>

#include "common/build_info.h"
#include "common/log.h"
#include "exporter/exporter.h"
#include "exporter/process/service_manager.h"
#include "exporter/web/web_config_in_force.h"

namespace arkouda_exporter {

tl::expected<void, std::vector<std::string>> Serve(const CommandLine& line,
                                                   const GetEnvironment& get_environment,
                                                   Stoppable& run) {
  const ServiceManager manager(get_environment);
  std::unique_ptr<WebConfigInForce> web_config;
  if (const auto& file = line.settings.web.config_file) {
    auto opened = WebConfigInForce::Open(*file);
    if (!opened) return tl::unexpected(std::move(opened).error());
    web_config = *std::move(opened);
  }
  auto exporter = Exporter::Create(line.settings, std::move(web_config));
  if (!exporter) {
    std::vector<std::string> errors = std::move(exporter).error();
    const std::string listens = line.Describe(
        line.settings.web.takes_systemd_sockets ? "web.systemd-socket" : "web.listen-address");
    for (std::string& error : errors) error.insert(0, listens + ": ");
    return tl::unexpected(std::move(errors));
  }
  LogInfo("starting", {{"version", GetBuildInfo().version}, {"revision", GetBuildInfo().revision}});
  if (const auto beat = manager.beat()) {
    (*exporter)->OnBeat(*beat, [&](const std::string& status) { manager.TellAlive(status); });
  }
  (*exporter)->Start();
  manager.TellReady();
  run.AwaitStop([&] {
    manager.TellReloading(std::chrono::steady_clock::now());
    (*exporter)->ReadFilesAgain("SIGHUP");
    manager.TellReady();
  });
  manager.TellStopping();
  LogInfo("stopping", {{"signal", run.signal() == SIGINT ? "SIGINT" : "SIGTERM"}});
  return {};
}

}  // namespace arkouda_exporter
