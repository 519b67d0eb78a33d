#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "common/file_watch.h"
#include "exporter/web/guard.h"
#include "exporter/web/tls_credentials.h"
#include "exporter/web/web_config.h"

namespace arkouda_exporter {

/// A web configuration that can be used.
struct UsableWebConfig {
  WebConfig config;
  std::shared_ptr<const TlsCredentials> credentials;  ///< nullptr: there is no TLS
};

/// The errors are those of LoadWebConfig and TlsCredentials.
tl::expected<UsableWebConfig, std::vector<std::string>> MakeUsable(const LoadedWebConfig& loaded);

/// A web configuration in force: what is in its file and in those that it names, or, when that
/// can't be used, what was there before. Whether there is TLS at all is decided at the start, since
/// the listeners are. Any thread, unless it says otherwise.
class WebConfigInForce {
 public:
  /// The errors are those of MakeUsable. Reads files, and starts the guard's
  /// thread; throws std::runtime_error when that can't be had.
  static tl::expected<std::unique_ptr<WebConfigInForce>, std::vector<std::string>> Open(
      const std::string& path);

  /// Lets requests in, or not, as it is in force when they come.
  Guard& guard() { return guard_; }

  /// What the next handshake takes; nullptr: there is no TLS.
  std::shared_ptr<const TlsCredentials> credentials() const;

  /// Whether what is on disk is in force.
  bool is_whole() const;

  /// Reads it again whenever it changes, and logs what became of that, until `stop` is requested.
  void Run(const std::stop_token& stop) { watch_.Run(stop); }

  /// Has Run read it again. Any thread.
  void RereadNow() const { watch_.LookNow(); }

 private:
  WebConfigInForce(std::string path, LoadedWebConfig loaded, UsableWebConfig usable);

  void Reread(const FileWatch::WatchFolder& watch_folder);
  void Enforce(UsableWebConfig usable);

  const std::string path_;
  const bool has_tls_;
  const std::function<std::chrono::system_clock::time_point()> wall_clock_;
  LoadedWebConfig loaded_;  // as it was read last; of the thread in Run
  Guard guard_;
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsCredentials> credentials_;  // guarded by mutex_
  bool is_whole_ = true;                               // guarded by mutex_
  FileWatch watch_;
};

}  // namespace arkouda_exporter
