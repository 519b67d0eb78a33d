#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>
#include <zmq.hpp>

#include "common/stop_signal.h"
#include "test/simulator/control_signals.h"
#include "test/simulator/faults.h"
#include "test/simulator/options.h"
#include "test/simulator/replies.h"
#include "test/simulator/request_reader.h"

namespace arkouda_simulator {

/// What has happened since the process started, restarts in place included.
struct Counts {
  std::uint64_t requests = 0;  ///< received, answered or not
  std::uint64_t all = 0;
  std::uint64_t server_info = 0;
  std::uint64_t other = 0;
  std::uint64_t most_waiting = 0;  ///< received and not yet answered, at the worst moment
  std::uint64_t connections = 0;   ///< ZMTP handshakes that succeeded

  /// The report, as one line of JSON without a line end.
  std::string ToJson() const;
};

/// The sockets, what passes through them, and what goes wrong there.
///
///     client ──tcp──> ROUTER ──> DEALER ──inproc──> REP
///                     counts                        reads one request, answers it, reads the next
///
/// The REP behaves as Arkouda's own, which is one; what waits for it stays visible, since the
/// ROUTER has already read it.
///
/// Everything here happens on the thread that calls Run; ZeroMQ's I/O thread, which knows nothing
/// of it, is what answers heartbeats while the REP is busy or hangs. Run blocks in one poll on all
/// sockets and signals, with a deadline while an answer is delayed.
class Server {
 public:
  enum ExitStatus : int {
    kStopped = 0,
    kCannotListen = 2,
    kFatalRequest = 66,  ///< the real server would have halted
    kDied = 70,          ///< --fault die
  };

  Server(Options options, WallClock wall_clock);

  /// Binds the socket. The error is one line with the flag.
  tl::expected<void, std::string> Listen();

  /// Where clients connect to, such as "tcp://127.0.0.1:5556". Valid after Listen.
  const std::string& endpoint() const { return endpoint_; }

  /// Serves until a signal says stop or a request is fatal, and returns the exit status. Prints the
  /// report at the end, and whenever SIGUSR1 asks for it. `--fault die` does not return.
  ExitStatus Run(const arkouda_exporter::StopSignal& stop, ControlSignals& control);

 private:
  using Clock = std::chrono::steady_clock;

  // What a restart in place replaces. The sockets are closed before the context ends, which returns
  // when the port is free again.
  struct Sockets {
    Sockets();

    zmq::context_t context;
    zmq::socket_t router;
    zmq::socket_t dealer;
    zmq::socket_t rep;
    zmq::socket_t monitor;  ///< of the router
  };

  // Binds a new set of sockets, behind which a server starts at zero.
  tl::expected<void, std::string> Start();
  // Closes everything, sending what was answered for `linger` at most, and starts anew.
  void Restart(std::chrono::milliseconds linger);

  // How long to wait for the moment to answer; -1: there is none.
  std::chrono::milliseconds TimeToAnswer() const;
  void HandleSignals(ControlSignals& control);
  void ReceiveRequests();
  void ReceiveRequest(std::vector<zmq::message_t> frames);
  void ForwardReplies();
  // What the REP does next: goes on waiting, answers the request that it owes, or reads one.
  void Serve();
  void AnswerRequest();
  void CountConnections();
  void EndAsFatal(std::string_view reason, std::string_view bytes);
  void PrintReport() const;

  const Options options_;
  const WallClock wall_clock_;
  std::string endpoint_;
  FaultPlan plan_;
  Counts counts_;

  std::unique_ptr<Sockets> sockets_;
  std::optional<Replies> replies_;
  std::deque<Request> waiting_;  ///< received and not yet answered, oldest first
  /// The oldest one's, once the REP has read it.
  FaultSet faults_;
  std::optional<Clock::time_point> answer_at_;
  bool is_hanging_ = false;  ///< until a restart
  bool restarts_after_reply_ = false;

  std::optional<ExitStatus> end_;  ///< Run returns with this
};

}  // namespace arkouda_simulator
