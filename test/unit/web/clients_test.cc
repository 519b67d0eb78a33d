#include "exporter/web/clients.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <vector>

#include "common/file_descriptor.h"

namespace arkouda_exporter {
namespace {

using std::chrono::seconds;
using Stage = Clients::Stage;

// A TCP connection of this process to itself.
class Connection {
 public:
  Connection() {
    const FileDescriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    if (bind(listener.get(), generic, size) != 0 || listen(listener.get(), 1) != 0 ||
        getsockname(listener.get(), generic, &size) != 0 ||
        connect(client_.get(), generic, size) != 0) {
      throw std::runtime_error("no TCP connection to be had");
    }
    server_ = FileDescriptor(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  int server() const { return server_.get(); }
  void Send() const { EXPECT_EQ(send(client_.get(), "G", 1, 0), 1); }
  // Whether the server has read it, as its HTTP library would.
  void Receive() const {
    std::array<char, 8> buffer{};
    EXPECT_EQ(recv(server_.get(), buffer.data(), buffer.size(), 0), 1);
  }
  bool WasSentAway() const {
    pollfd polled{.fd = client_.get(), .events = POLLRDHUP};
    return poll(&polled, 1, 0) == 1;
  }

 private:
  FileDescriptor client_{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  FileDescriptor server_{-1};
};

class ClientsTest : public ::testing::Test {
 protected:
  Clients::Id Add(Clients& clients, const Connection& connection) {
    return clients.Add(connection.server(), now_);
  }

  Clients::TimePoint now_;
};

TEST_F(ClientsTest, WhoHasWaitedLongestMakesRoom) {
  Clients clients(2);
  const std::vector<Connection> connections(4);
  const auto first = Add(clients, connections[0]);
  now_ += seconds(1);
  Add(clients, connections[1]);
  now_ += seconds(1);
  clients.Enter(first, Stage::kReading, now_);
  clients.Enter(first, Stage::kIdle, now_);
  EXPECT_FALSE(connections[1].WasSentAway());
  Add(clients, connections[2]);
  EXPECT_TRUE(connections[1].WasSentAway()) << "it has said nothing for longest";
  EXPECT_FALSE(connections[0].WasSentAway());
  now_ += seconds(1);
  Add(clients, connections[3]);
  EXPECT_TRUE(connections[0].WasSentAway());
  EXPECT_FALSE(connections[2].WasSentAway());
}

TEST_F(ClientsTest, TheSilentGoBeforeThoseWhoReadAndThoseBeforeTheNewest) {
  Clients clients(3);
  const std::vector<Connection> connections(6);
  clients.Enter(Add(clients, connections[0]), Stage::kReading, now_);
  clients.Enter(Add(clients, connections[1]), Stage::kAnswer, now_);
  now_ += seconds(5);
  Add(clients, connections[2]);
  clients.Enter(Add(clients, connections[3]), Stage::kAnswer, now_);
  EXPECT_TRUE(connections[2].WasSentAway());
  EXPECT_FALSE(connections[0].WasSentAway());
  clients.Enter(Add(clients, connections[4]), Stage::kAnswer, now_);
  EXPECT_TRUE(connections[0].WasSentAway());
  EXPECT_FALSE(connections[4].WasSentAway());
  Add(clients, connections[5]);
  EXPECT_TRUE(connections[5].WasSentAway()) << "all others wait for the server";
  EXPECT_FALSE(connections[1].WasSentAway());
}

TEST_F(ClientsTest, ARequestHasTenSecondsAndAnAnswerThirty) {
  Clients clients(10);
  const std::vector<Connection> connections(3);
  Add(clients, connections[0]);
  clients.Enter(Add(clients, connections[1]), Stage::kReading, now_);
  clients.Enter(Add(clients, connections[2]), Stage::kAnswer, now_);
  clients.EnforceDeadlines(now_ + seconds(9));
  EXPECT_FALSE(connections[0].WasSentAway());
  clients.EnforceDeadlines(now_ + seconds(10));
  EXPECT_TRUE(connections[0].WasSentAway());
  clients.EnforceDeadlines(now_ + seconds(29));
  EXPECT_FALSE(connections[1].WasSentAway());
  clients.EnforceDeadlines(now_ + seconds(30));
  EXPECT_TRUE(connections[1].WasSentAway());
  clients.EnforceDeadlines(now_ + seconds(1000));
  EXPECT_FALSE(connections[2].WasSentAway()) << "it waits for the server";
}

TEST_F(ClientsTest, TheNextRequestOnAConnectionHasADeadlineToo) {
  Clients clients(10);
  const Connection trickling;
  const Connection idle;
  for (const Connection* const connection : {&trickling, &idle}) {
    clients.Enter(Add(clients, *connection), Stage::kIdle, now_);
  }
  const auto pass = [&](int count) {
    for (int i = 0; i < count; ++i) clients.EnforceDeadlines(now_ += seconds(1));
  };
  pass(5);
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(trickling.WasSentAway());
    trickling.Send();
    trickling.Receive();
    pass(1);
  }
  pass(1);
  EXPECT_TRUE(trickling.WasSentAway());
  EXPECT_FALSE(idle.WasSentAway()) << "the HTTP library's affair";
}

}  // namespace
}  // namespace arkouda_exporter
