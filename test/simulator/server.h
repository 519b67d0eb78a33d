#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>
#include <zmq.hpp>

#include "test/simulator/conditions.h"
#include "test/simulator/epoll.h"
#include "test/simulator/faults.h"
#include "test/simulator/options.h"
#include "test/simulator/replies.h"
#include "test/simulator/request_reader.h"
#include "test/simulator/reserved_port.h"

namespace arkouda_simulator {

/// What has happened to a server since the process started, restarts in place included.
struct Counts {
  std::uint64_t requests = 0;  ///< received, answered or not
  std::uint64_t all = 0;
  std::uint64_t server_info = 0;
  std::uint64_t other = 0;
  std::uint64_t most_waiting = 0;  ///< received and not yet answered, at the worst moment
  std::uint64_t connections = 0;   ///< ZMTP handshakes that succeeded
};

enum ExitStatus : int {
  kStopped = 0,
  kCannotListen = 2,
  kFatalRequest = 66,  ///< the real server would have halted
  kDied = 70,          ///< --fault die
};

/// One server: its socket, what passes through it, and what goes wrong there.
///
/// The socket is a ROUTER, which reads what comes at once, so that what waits is counted. It is
/// answered as by Arkouda's own REP, of which there is one: a request is read when the one before
/// it is answered.
///
/// All is done in Turn, which never waits; ZeroMQ's I/O thread, which knows nothing of it, is what
/// answers heartbeats while the server is busy or hangs. One thread.
class Server {
 public:
  using Clock = std::chrono::steady_clock;

  /// What it shares with the others, and keeps references to.
  struct Shared {
    const Options& options;
    const WallClock& wall_clock;
    zmq::context_t& context;
    Epoll& epoll;
  };

  /// A server at that port, that is gone. `number` is its own among all, and of its descriptors.
  Server(Shared shared, std::size_t number, ReservedPort port);

  std::uint16_t port() const { return port_.number(); }
  const Counts& counts() const { return counts_; }
  /// Why the process has to end, once it has.
  std::optional<ExitStatus> end() const { return end_; }

  /// A server that comes back after it was gone starts with its counters at zero.
  void Become(Condition condition);
  /// It closes its connections and comes back with its counters at zero. A server that is gone
  /// stays so.
  void Restart();

  /// Does all that can be done now. To be called when one of its descriptors is readable, and at
  /// NextTurn.
  void Turn(Clock::time_point now);
  std::optional<Clock::time_point> NextTurn() const { return next_turn_; }

 private:
  // What a restart replaces.
  struct Sockets {
    zmq::socket_t router;
    zmq::socket_t monitor;  ///< of the router
  };

  struct Waiting {
    std::vector<zmq::message_t> envelope;
    Request request;
  };

  // The oldest of those that wait, once the REP has read it.
  struct Served {
    FaultSet faults;
    Clock::time_point answer_at;
  };

  void Open();
  void WantTurn(Clock::time_point at);
  // Sends what was answered for `linger` at most.
  void Close(std::chrono::milliseconds linger);
  void CloseAndComeBack(std::chrono::milliseconds linger);
  void ReceiveRequests();
  void ReceiveRequest(std::vector<zmq::message_t> frames);
  // What the REP does next: answers the request that it owes, or reads one. False when it waits.
  bool Serve(Clock::time_point now);
  void Answer();
  void CountConnections();
  void EndAsFatal(std::string_view reason, std::string_view bytes);

  const Shared shared_;
  const std::size_t number_;
  const ReservedPort port_;
  FaultPlan plan_;
  Counts counts_;
  std::size_t starts_ = 0;

  Condition condition_ = Condition::kGone;
  std::optional<Sockets> sockets_;
  std::optional<Replies> replies_;
  std::deque<Waiting> waiting_;  ///< received and not yet answered, oldest first
  std::optional<Served> served_;
  std::optional<Clock::time_point> next_turn_;
  std::optional<ExitStatus> end_;
};

}  // namespace arkouda_simulator
