#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "exporter/arkouda/connection.h"
#include "exporter/arkouda/poll_result.h"
#include "exporter/arkouda/target_session.h"

namespace arkouda_exporter {

/// Receives what happens to one target. All calls come from the thread in PollLoop::Run, which
/// waits for their return.
class TargetHandler {
 public:
  virtual ~TargetHandler() = default;

  /// The bytes of a request that is about to be sent; valid until the next call.
  virtual std::string_view RequestBytes(RequestKind kind) = 0;

  /// A reply to the outstanding request, as its frames. Returns kSuccess when it can be used.
  virtual PollResult OnReply(RequestKind kind, std::vector<zmq::message_t> frames) = 0;

  virtual void OnConnected() = 0;

  /// The connection went (`was_connected`) or could not be made.
  virtual void OnConnectionLost(bool was_connected, std::string_view reason) = 0;

  /// How long a poll's request took, from being sent to now, and what the wall clock says.
  struct PollTimes {
    std::chrono::duration<double> duration{};
    std::chrono::system_clock::time_point now;
  };

  /// A poll has ended. `times` is there for a poll that ended by a reply.
  virtual void OnPollEnded(PollResult result, const std::optional<PollTimes>& times) = 0;

  /// The reply to an earlier poll has come after all.
  virtual void OnLateReply(const PollTimes& times) = 0;
};

/// A target as the loop sees it.
struct PolledTarget {
  ConnectionSettings connection;
  TargetSession::Settings session;
  TargetHandler* handler = nullptr;  ///< not owned; outlives the loop
};

/// The I/O thread's loop: the sockets, timers and sessions of all targets.
class PollLoop {
 public:
  explicit PollLoop(std::vector<PolledTarget> targets);
  ~PollLoop();
  PollLoop(const PollLoop&) = delete;
  PollLoop& operator=(const PollLoop&) = delete;

  /// Polls until `stop` is requested, and closes all connections before it returns.
  void Run(const std::stop_token& stop);

  /// When the loop last turned; any thread. It turns at least once an interval.
  TimePoint last_turn() const { return TimePoint(Duration(last_turn_.load())); }

 private:
  struct Target;

  /// `has_input`, `has_event`: whether its socket or its monitor has something to read. Asking them
  /// costs system calls.
  void Turn(Target& target, bool has_input, bool has_event);
  void Carry(Target& target, const TargetSession::Actions& actions);
  void LoseConnection(Target& target, PollResult result, std::string_view reason);

  // Constant after construction.
  const std::vector<PolledTarget> targets_;
  const int wake_fd_;

  zmq::context_t context_;
  std::atomic<Duration::rep> last_turn_;
};

}  // namespace arkouda_exporter
