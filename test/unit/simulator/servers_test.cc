// The development server as many servers, which real sockets ask.

#include "test/simulator/servers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>
#include <zmq.hpp>
#include <zmq_addon.hpp>

#include "exporter/arkouda/request.h"
#include "test/simulator/conditions.h"
#include "test/support/await.h"
#include "test/support/simulator.h"

namespace arkouda_simulator {
namespace {

using arkouda_exporter::RequestKind;
using arkouda_exporter::Requests;
using arkouda_exporter::testing::Await;
using arkouda_exporter::testing::Exited;
using arkouda_exporter::testing::ServerRange;
using arkouda_exporter::testing::Simulator;
using arkouda_exporter::testing::SimulatorReport;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kAnswering = Condition::kAnswering;
constexpr auto kHanging = Condition::kHanging;
constexpr auto kGone = Condition::kGone;

TEST(ConditionsTest, WhatIsNotNamedIsAnswering) {
  EXPECT_THAT(ParseConditions("", 2).value(), ElementsAre(kAnswering, kAnswering));
  EXPECT_THAT(ParseConditions("gone 1\n", 2).value(), ElementsAre(kAnswering, kGone));
  EXPECT_THAT(ParseConditions("hanging 1-2\ngone 2-3", 5).value(),
              ElementsAre(kAnswering, kHanging, kGone, kGone, kAnswering));
}

TEST(ConditionsTest, AnythingElseIsRefused) {
  for (const std::string bad : {"gone", "gone ", "gone 5", "gone 0-5", "gone 2-1", "gone -1",
                                "gone 1-", "off 1", "gone  1", "gone 1 \n", "\ngone 1"}) {
    const auto conditions = ParseConditions(bad, 5);
    ASSERT_FALSE(conditions) << bad;
    EXPECT_THAT(conditions.error(), HasSubstr("expected gone or hanging, and numbers from 0 to 4"));
  }
}

/// A client of one server, with the requests that the exporter sends.
class Client {
 public:
  explicit Client(std::uint16_t port) : socket_(context_, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.connect("tcp://127.0.0.1:" + std::to_string(port));
  }

  void Send(RequestKind kind = RequestKind::kAll) { SendBytes(requests_.Bytes(kind)); }

  void SendBytes(std::string_view bytes) {
    socket_.send(zmq::message_t(), zmq::send_flags::sndmore);
    socket_.send(zmq::buffer(bytes), zmq::send_flags::none);
  }

  /// The body of a reply; empty when none comes.
  std::string Receive() {
    std::vector<zmq::message_t> frames;
    EXPECT_TRUE(Await("a reply", [&] {
      return zmq::recv_multipart(socket_, std::back_inserter(frames), zmq::recv_flags::dontwait)
          .has_value();
    }));
    return frames.size() == 2 ? frames[1].to_string() : "";
  }

  bool HasReply() {
    zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
    return zmq::poll(&item, 1, std::chrono::milliseconds(0)) > 0;
  }

 private:
  const Requests requests_{"me", ""};
  zmq::context_t context_;
  zmq::socket_t socket_;
};

std::string Ask(std::uint16_t port, RequestKind kind = RequestKind::kAll) {
  Client client(port);
  client.Send(kind);
  return client.Receive();
}

TEST(ServersTest, EachOfManyAnswersAndCountsForItself) {
  Simulator simulator(Simulator::Many{3});
  ASSERT_EQ(simulator.ports().size(), 3U);
  std::set<std::string> replies;
  for (const std::uint16_t port : simulator.ports()) {
    EXPECT_THAT(Ask(port, RequestKind::kServerInfo), HasSubstr("number_of_locales"));
    Ask(port);
    std::string values = Ask(port);
    // What is left are the values.
    const auto json = nlohmann::json::parse(values).at("msg").get<std::string>();
    values.clear();
    for (const auto& entry : nlohmann::json::parse(json)) values += entry.at("value").dump();
    replies.insert(values);
  }
  EXPECT_EQ(replies.size(), 3U) << "each has values of its own";
  Ask(simulator.ports()[1]);
  const SimulatorReport report = simulator.Report();
  EXPECT_EQ(report.requests, 10);
  EXPECT_EQ(report.server_info, 3);
  ASSERT_EQ(report.each.size(), 3U);
  EXPECT_EQ(report.each[0].requests, 3);
  EXPECT_EQ(report.each[1].requests, 4);
  EXPECT_EQ(report.each[1].connections, 4);
  EXPECT_EQ(report.each[1].most_waiting, 1);
  simulator.StopAndCheck();
}

TEST(ServersTest, ASecondRequestIsSeenWhileOneWaitsAtTheSameServer) {
  Simulator simulator(Simulator::Many{2}, {"--hanging", "2"});
  Client first(simulator.ports()[0]);
  Client other(simulator.ports()[1]);
  first.Send();
  other.Send();
  EXPECT_TRUE(Await("both requests", [&] { return simulator.HasReceived(2); }));
  EXPECT_EQ(simulator.Report().most_waiting, 1) << "one at each";
  Client second(simulator.ports()[0]);
  second.Send();
  EXPECT_TRUE(Await("a third request", [&] { return simulator.HasReceived(3); }));
  const SimulatorReport report = simulator.Report();
  EXPECT_EQ(report.most_waiting, 2);
  EXPECT_EQ(report.each.at(0).most_waiting, 2);
  EXPECT_EQ(report.each.at(1).most_waiting, 1);
  EXPECT_FALSE(first.HasReply());
  simulator.AllowWaiting(2, "it is what is tested");
  simulator.StopAndCheck();
}

TEST(ServersTest, ServersGoHangAndComeBack) {
  Simulator simulator(Simulator::Many{3}, {"--gone", "1", "--hanging", "1"});
  Client gone(simulator.ports()[0]);
  Client hanging(simulator.ports()[1]);
  gone.Send();
  hanging.Send();
  EXPECT_THAT(Ask(simulator.ports()[2]), HasSubstr("NORMAL"));
  EXPECT_TRUE(Await("the request", [&] { return simulator.HasReceived(2); }));
  EXPECT_EQ(simulator.Report().each.at(0).connections, 0);

  // They change places; what waited is answered.
  simulator.SetConditions({}, ServerRange{.first = 0, .count = 1});
  EXPECT_THAT(hanging.Receive(), HasSubstr("NORMAL"));
  EXPECT_TRUE(Await("the request", [&] { return simulator.HasReceived(3); }));
  EXPECT_FALSE(gone.HasReply());

  // One goes and comes back at the same port, as a server that has just been started.
  const auto count_of_connects = [](const std::string& reply) {
    const auto msg = nlohmann::json::parse(reply).at("msg").get<std::string>();
    return nlohmann::json::parse(msg).at(0).at("value").get<double>();
  };
  const std::string before = Ask(simulator.ports()[2]);
  EXPECT_GT(count_of_connects(before), 0);
  simulator.SetConditions(ServerRange{.first = 2, .count = 1});
  EXPECT_THAT(gone.Receive(), HasSubstr("NORMAL"));
  simulator.SetConditions({});
  EXPECT_EQ(count_of_connects(Ask(simulator.ports()[2])), 0);
  simulator.StopAndCheck();
}

TEST(ServersTest, TheTargetsFileSaysWhereTheyAre) {
  Simulator simulator(Simulator::Many{2});
  std::ifstream file(simulator.targets_file());
  const auto entries = nlohmann::json::parse(file);
  ASSERT_EQ(entries.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(entries[i].at("targets").at(0),
              "127.0.0.1:" + std::to_string(simulator.ports().at(i)));
    EXPECT_EQ(entries[i].at("labels").at("arkouda_server_name"), "server-" + std::to_string(i));
  }
  simulator.StopAndCheck();
}

TEST(ServersTest, OneFatalRequestEndsThemAll) {
  Simulator simulator(Simulator::Many{3});
  Client client(simulator.ports()[1]);
  client.SendBytes("{}");
  EXPECT_EQ(simulator.process().Wait(), Exited(kFatalRequest));
  EXPECT_THAT(simulator.process().Stderr(), HasSubstr("fatal request"));
}

TEST(ServersTest, ARestartClosesAllAndOpensThemAgain) {
  Simulator simulator(Simulator::Many{20}, {"--gone", "1"});
  std::vector<std::unique_ptr<Client>> clients;
  for (const std::uint16_t port : simulator.ports()) {
    clients.push_back(std::make_unique<Client>(port));
  }
  const auto have_all = [&](int connections) {
    return [&simulator, connections] { return simulator.Report().connections == connections; };
  };
  EXPECT_TRUE(Await("connections", have_all(19)));
  simulator.Restart();
  EXPECT_TRUE(Await("connections anew", have_all(38)));
  EXPECT_EQ(simulator.Report().each.at(0).connections, 0) << "what was gone stays so";
  simulator.StopAndCheck();
}

TEST(ServersTest, AThousandServersFitInOneProcess) {
  constexpr std::size_t kServers = 1000;
  if (const auto why = Simulator::WhyNot({kServers}); !why.empty()) {
    GTEST_SKIP() << why << ", as in the container that an image is built in";
  }
  Simulator simulator(Simulator::Many{kServers}, {"--hanging", "100"});
  for (std::size_t i = 100; i < kServers; i += 9) Ask(simulator.ports().at(i));
  EXPECT_EQ(simulator.Report().each.size(), kServers);
  simulator.StopAndCheck();
}

}  // namespace
}  // namespace arkouda_simulator
