#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <unordered_map>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "common/file_descriptor.h"
#include "common/host_port.h"
#include "common/wakeup.h"
#include "exporter/arkouda/connection.h"
#include "exporter/arkouda/poll_outcome.h"
#include "exporter/arkouda/request_source.h"
#include "exporter/arkouda/resolver.h"
#include "exporter/arkouda/target_session.h"
#include "exporter/arkouda/time_zone.h"

namespace arkouda_exporter {

/// A target as the loop sees it.
struct PolledTarget {
  ConnectionSettings connection;
  TargetSession::Settings session;
  /// How long after the loop has taken it in its first poll is due.
  Duration first_poll{};
  /// Called when the loop has taken it in, then for what happens to the target, and when the loop
  /// has let go of it: on the thread in PollLoop::Run, which waits for the return.
  std::function<void()> on_added = [] {};
  std::function<void(TargetEvent)> on_event;
  std::function<void()> on_removed = [] {};
};

/// The I/O thread's loop: the sockets, timers and sessions of all targets. A turn costs what has
/// happened, not how many targets there are.
class PollLoop {
 public:
  struct Settings {
    TimeZone time_zone;            ///< of Arkouda's timestamps
    std::size_t most_targets = 1;  /// room for as many sockets is made at the start
  };

  PollLoop(Settings settings, RequestSource requests);
  ~PollLoop();
  PollLoop(const PollLoop&) = delete;
  PollLoop& operator=(const PollLoop&) = delete;

  /// Watches a target from now on. Its address must not be watched already; but when it is that of
  /// a target which was removed and still owes a reply, the connection is taken over, so that a
  /// server never has two requests. Any thread, also before Run.
  void Add(PolledTarget target);

  /// Leaves the target with this address, if there is one: its on_removed is called within a
  /// moment. A request that is outstanding is waited for all the same. Any thread.
  void Remove(const HostPort& address);

  /// Calls `what` on the thread in Run, `after` a while at the earliest. Any thread.
  void CallAfter(Duration after, std::function<void()> what);

  /// Does what was asked for so far. Before Run only.
  void Settle() { ObeyCommands(); }

  /// Polls until `stop` is requested, and closes all connections before it returns.
  void Run(const std::stop_token& stop);

  /// When the loop last turned; any thread. It turns at least once a second.
  TimePoint last_turn() const { return TimePoint(Duration(last_turn_.load())); }

 private:
  class Target;
  using Command = std::function<void()>;
  // The first of them is due next.
  using Wakeups = std::set<std::pair<TimePoint, std::uint64_t>>;

  void Post(Command command);
  void ObeyCommands();
  void CallTimers();
  void TakeIn(PolledTarget settings);
  void LetGo(const HostPort& address);
  void WakeTargets();
  void WaitForInput();

  /// Lets a target do all that is to be done now. `has_input`, `has_event`: whether its socket or
  /// its monitor may have something to read; asking them costs system calls.
  void Turn(std::uint64_t id, bool has_input, bool has_event);
  void Forget(std::uint64_t id);

  // Constant after construction.
  const Settings settings_;
  const FileDescriptor epoll_;
  const Wakeup wake_;

  std::mutex mutex_;
  std::vector<Command> commands_;  // guarded by mutex_

  std::atomic<Duration::rep> last_turn_;

  // Of the thread in Run.
  RequestSource requests_;
  zmq::context_t context_;
  std::uint64_t next_id_ = 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<Target>> targets_;
  std::map<HostPort, std::uint64_t, LessServer> ids_by_address_;
  Wakeups wakeups_;
  std::multimap<TimePoint, Command> timers_;
  // Goes first, and with it whatever might still call back.
  Resolver resolver_;
};

}  // namespace arkouda_exporter
