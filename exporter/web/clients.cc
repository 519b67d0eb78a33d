#include "exporter/web/clients.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <iterator>

namespace arkouda_exporter {
namespace {

using std::chrono::seconds;

// Whoever means well sends a request in one piece.
constexpr seconds kRequestDeadline(10);
// Long enough for a page of 12 MB on a line of 4 Mbit/s, and short enough that slow readers, who
// keep old pages alive, keep few of them.
constexpr seconds kReadingDeadline(30);

// The bytes that a socket has received so far. Linux counts them since 4.1 (tcp(7) names no field).
std::uint64_t ReceivedBytes(int fd) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_bytes_received;
}

}  // namespace

Clients::Id Clients::Add(int fd, TimePoint now) {
  auto& requesting = At(Stage::kRequest);
  requesting.push_back({.fd = fd, .since = now});
  const auto added = std::prev(requesting.end());
  MakeRoomFor(added);
  return added;
}

void Clients::Enter(Id client, Stage stage, TimePoint now) {
  if (client->stage == Stage::kLeaving) return;
  client->received.reset();
  client->since = now;
  At(stage).splice(At(stage).end(), At(client->stage), client);
  client->stage = stage;
}

void Clients::Remove(Id client) { At(client->stage).erase(client); }

void Clients::MakeRoomFor(Id newcomer) {
  std::size_t count = 0;
  for (const auto& clients : stages_) count += clients.size();
  if (count - At(Stage::kLeaving).size() <= most_) return;
  auto& idle = At(Stage::kIdle);
  auto& requesting = At(Stage::kRequest);
  auto& reading = At(Stage::kReading);
  const bool has_idle = !idle.empty();
  const bool has_requesting = requesting.begin() != newcomer;
  // Who reads goes after all that are silent, but before the newcomer: a scrape under way takes no
  // time, and others may not read at all.
  if (has_idle && (!has_requesting || idle.front().since <= requesting.front().since)) {
    SendAway(idle.begin());
  } else if (has_requesting) {
    SendAway(requesting.begin());
  } else {
    SendAway(reading.empty() ? newcomer : reading.begin());
  }
}

void Clients::SendAway(Id client) {
  shutdown(client->fd, SHUT_RDWR);
  At(Stage::kLeaving).splice(At(Stage::kLeaving).end(), At(client->stage), client);
  client->stage = Stage::kLeaving;
}

void Clients::EnforceDeadlines(TimePoint now) {
  auto& idle = At(Stage::kIdle);
  for (auto client = idle.begin(); client != idle.end();) {
    const auto next = std::next(client);
    const std::uint64_t received = ReceivedBytes(client->fd);
    if (client->received.value_or(received) != received) {
      Enter(client, Stage::kRequest, now);
    } else {
      client->received = received;
    }
    client = next;
  }
  const auto enforce = [&](Stage stage, seconds deadline) {
    auto& clients = At(stage);
    while (!clients.empty() && now - clients.front().since >= deadline) SendAway(clients.begin());
  };
  enforce(Stage::kRequest, kRequestDeadline);
  enforce(Stage::kReading, kReadingDeadline);
}

}  // namespace arkouda_exporter
