#include "exporter/web/web_config_in_force.h"

#include <utility>

#include "common/log.h"

namespace arkouda_exporter {
namespace {

// How often it is read where nothing tells of changes.
constexpr std::chrono::seconds kRereadInterval(30);

}  // namespace

tl::expected<UsableWebConfig, std::vector<std::string>> MakeUsable(const LoadedWebConfig& loaded) {
  if (!loaded.config) return tl::unexpected(loaded.config.error());
  UsableWebConfig usable{.config = *loaded.config};
  if (!loaded.config->tls) return usable;
  auto credentials = TlsCredentials::Make(*loaded.config->tls);
  if (!credentials) return tl::unexpected(std::move(credentials).error());
  usable.credentials = *std::move(credentials);
  return usable;
}

tl::expected<std::unique_ptr<WebConfigInForce>, std::vector<std::string>> WebConfigInForce::Open(
    const std::string& path) {
  LoadedWebConfig loaded = LoadWebConfig(path);
  auto usable = MakeUsable(loaded);
  if (!usable) return tl::unexpected(std::move(usable).error());
  return std::unique_ptr<WebConfigInForce>(
      new WebConfigInForce(path, std::move(loaded), *std::move(usable)));
}

WebConfigInForce::WebConfigInForce(std::string path, LoadedWebConfig loaded, UsableWebConfig usable)
    : path_(std::move(path)),
      has_tls_(usable.credentials != nullptr),
      wall_clock_(&std::chrono::system_clock::now),
      loaded_(std::move(loaded)),
      guard_(&std::chrono::steady_clock::now),
      watch_("the web configuration", kRereadInterval,
             [this](const FileWatch::WatchFolder& watch_folder) { Reread(watch_folder); }) {
  Enforce(std::move(usable));
}

void WebConfigInForce::Enforce(UsableWebConfig usable) {
  for (const std::string& note : usable.config.notes) {
    LogWarn("a setting of the web configuration is without effect", {{"reason", note}});
  }
  if (usable.credentials) {
    if (const auto fault = usable.credentials->FindFaultAt(wall_clock_())) {
      LogWarn("clients will refuse the certificate", {{"reason", *fault}});
    }
  }
  guard_.Enforce(usable.config);
  const std::lock_guard lock(mutex_);
  credentials_ = std::move(usable.credentials);
  is_whole_ = true;
}

std::shared_ptr<const TlsCredentials> WebConfigInForce::credentials() const {
  const std::lock_guard lock(mutex_);
  return credentials_;
}

bool WebConfigInForce::is_whole() const {
  const std::lock_guard lock(mutex_);
  return is_whole_;
}

void WebConfigInForce::Reread(const FileWatch::WatchFolder& watch_folder) {
  // The files are those of the last reading: one that is named since is watched from the next on,
  // which comes at once, since the configuration has changed.
  for (const std::string& file : loaded_.files) WatchPath(watch_folder, file);

  LoadedWebConfig next = LoadWebConfig(path_);
  if (next.files != loaded_.files) watch_.LookNow();
  const bool is_same = next.config == loaded_.config;
  loaded_ = std::move(next);
  if (is_same) return;

  auto usable = MakeUsable(loaded_);
  if (usable && has_tls_ != (usable->credentials != nullptr)) {
    usable = tl::unexpected(
        std::vector{path_ + ": tls_server_config " + (has_tls_ ? "is gone" : "is new") +
                    "; expected it as it was at the start: whether there is TLS "
                    "changes with a restart"});
  }
  if (usable) {
    Enforce(*std::move(usable));
    LogInfo("the web configuration is in force", {{"file", path_}});
    return;
  }
  for (const std::string& reason : usable.error()) {
    LogWarn("the web configuration can't be used, what it said before stays in force",
            {{"file", path_}, {"reason", reason}});
  }
  const std::lock_guard lock(mutex_);
  is_whole_ = false;
}

}  // namespace arkouda_exporter
