#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>

namespace arkouda_exporter {

/// The clients that are connected to an HTTP server, and how long each has kept it waiting. There
/// is always room for another one: the client that has kept it waiting longest makes it. And none
/// can stay for ever by trickling: a request has to be complete, and an answer read, by a deadline.
///
/// A client is sent away by shutting its socket down, which whoever reads and writes it notices.
/// One thread; time is handed in.
class Clients {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// Where a client is. The server waits for it, but for kAnswer.
  enum class Stage : std::size_t {
    kIdle,     ///< between two requests
    kRequest,  ///< its request, or what comes before that, is not complete
    kReading,  ///< it reads the answer
    kAnswer,   ///< it waits for the answer
    kLeaving,  ///< it was sent away
  };

  struct Client {
    int fd = -1;  ///< a connected TCP socket, not owned
    TimePoint since;
    /// What had been received when it was last looked at while idle.
    std::optional<std::uint64_t> received;
    Stage stage = Stage::kRequest;
  };
  using Id = std::list<Client>::iterator;

  /// When there are more than `most`, one is sent away: one that the server waits for, and where
  /// all the others wait for the server, the newest.
  explicit Clients(std::size_t most) : most_(most) {}

  Id Add(int fd, TimePoint now);
  void Enter(Id client, Stage stage, TimePoint now);
  void Remove(Id client);

  /// Sends those away whose time is over. To be called about once a second.
  void EnforceDeadlines(TimePoint now);

 private:
  std::list<Client>& At(Stage stage) { return stages_[static_cast<std::size_t>(stage)]; }
  void MakeRoomFor(Id newcomer);
  void SendAway(Id client);

  const std::size_t most_;
  std::array<std::list<Client>, 5> stages_;  // each with the longest waiting first
};

}  // namespace arkouda_exporter
