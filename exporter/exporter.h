#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <tl/expected.hpp>
#include <vector>

#include "exporter/arkouda/targets_watch.h"
#include "exporter/metrics/process_lines.h"
#include "exporter/metrics/process_metrics.h"
#include "exporter/process/settings.h"
#include "exporter/watched_targets.h"
#include "exporter/web/http_server.h"
#include "exporter/web/negotiation.h"
#include "exporter/web/routes.h"
#include "exporter/web/web_config_in_force.h"

namespace arkouda_exporter {

/// The rooms of the house, built and connected. Destroying it takes them down in reverse: the poll
/// loop first, then the HTTP servers.
class Exporter {
 public:
  /// Opens the listening sockets and reads the targets files; starts nothing. `web_config`: who is
  /// let in, and how; nullptr: everybody, in plain text. The errors are one line for each address
  /// that can't be listened on. What is wrong with a targets file is logged, and the rest of it is
  /// in force.
  /// Throws std::runtime_error, with a line for people, when there are not as many threads or
  /// descriptors as it will need.
  static tl::expected<std::unique_ptr<Exporter>, std::vector<std::string>> Create(
      const Settings& settings, std::unique_ptr<WebConfigInForce> web_config);

  /// Tells how many targets there are and answer, in a line for people, on the thread that polls:
  /// at once and then that often, as long as its loop turns. Before Start.
  void OnBeat(Duration interval, std::function<void(const std::string& status)> tell);

  /// Serves HTTP, and then polls, each on threads of its own.
  void Start();

  /// Looks at what is read from files, and logs whether it can be used. It is in use within a
  /// second, and a token from the next request to Arkouda on, also without this. `why`: for the
  /// log. May wait for a file system.
  void ReadFilesAgain(std::string_view why) const;

 private:
  /// How many there can be at once, by the limit of open files.
  struct Room {
    std::size_t targets = 0;
    unsigned clients = 0;  ///< of each HTTP server
  };

  Exporter(const Settings& settings, std::vector<Listener> listeners, TargetsInForce targets,
           const Room& room, std::unique_ptr<WebConfigInForce> web_config);

  void Use(const TargetsInForce& in_force);
  Routes MakeRoutes();
  /// Of one target; nullopt when nothing is known of it.
  std::optional<Response> ResponseOf(const HostPort& target, const Board::Entry& snapshot,
                                     const PageWish& wish);
  std::vector<ProcessFamily> ReadOwnFamilies();
  /// Those files that are watched: that is done by others, and soon.
  void HaveFilesRead(std::string_view why) const;

  // In the order of their making, which is that of the street.
  const Settings settings_;
  std::vector<Listener> listeners_;
  WatchedTargets targets_;
  const unsigned most_clients_;
  std::optional<TargetsWatch> files_;  // where there are files to watch
  std::mutex mutex_;
  std::vector<TargetsFileState> file_states_;  // guarded by mutex_
  ProcessLines process_lines_;
  const Routes routes_;
  // nullptr: there is none. Its guard's thread calls the routes.
  const std::unique_ptr<WebConfigInForce> web_config_;
  std::vector<std::unique_ptr<HttpServer>> http_servers_;
  std::jthread web_config_thread_;
  std::jthread files_thread_;
  std::jthread poll_thread_;
};

/// What the first poll of each target gave.
struct OnePoll {
  bool is_success = false;  ///< every target has answered, and there is one
  /// The targets' families alone: node_exporter has process_* itself, and reads the pages of
  /// several servers into one, where the other families of the process would stand twice.
  std::string page;
};

/// Polls every target once, on the calling thread, until `stop` is requested at the latest.
/// `on_outcome` is called on it when all polls have ended, before what they needed is taken down,
/// and not at all when stopped. Throws like Exporter::Create.
void PollOnce(const Settings& settings, const std::stop_token& stop,
              const std::function<void(const OnePoll&)>& on_outcome);

}  // namespace arkouda_exporter
