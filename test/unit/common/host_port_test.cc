#include "common/host_port.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "exporter/arkouda/connection.h"
#include "exporter/arkouda/connection_timing.h"
#include "exporter/arkouda/resolver.h"

// test/data/hosts.json is also what the tests of deploy/workflows put to settings.sh and to Hera's
// checks. A row is a text with the host that it is, or with a word that the error has.

namespace arkouda_exporter {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

nlohmann::json Rows() {
  std::ifstream file(std::string(TEST_DATA) + "/hosts.json");
  return nlohmann::json::parse(file);
}

TEST(HostPortTest, EveryRowOfTheTableIsReadAsItSays) {
  int accepted = 0;
  int refused = 0;
  for (const auto& row : Rows()) {
    const auto text = row.at("text").get<std::string>();
    SCOPED_TRACE(row.dump());
    const auto host = ParseHost(text);
    if (row.contains("host")) {
      ++accepted;
      ASSERT_TRUE(host) << host.error();
      EXPECT_EQ(*host, row.at("host").get<std::string>());
      EXPECT_EQ(ParseHost(*host), *host);
    } else {
      ++refused;
      ASSERT_FALSE(host);
      EXPECT_THAT(host.error(), HasSubstr(row.at("error").get<std::string>()));
    }
  }
  EXPECT_GT(accepted, 20);
  EXPECT_GT(refused, 40);
}

TEST(HostPortTest, BytesThatAreNotTextAreRefused) {
  EXPECT_FALSE(ParseHost(std::string_view("node1\0", 6)));
  EXPECT_FALSE(ParseHost(std::string_view("::1\0", 4)));
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string("a") + static_cast<char>(byte) + "a";
    const bool is_of_name = std::isalnum(byte) != 0 || byte == '-' || byte == '_' || byte == '.';
    EXPECT_EQ(ParseHost(text).has_value(), is_of_name) << byte;
  }
}

// The real libzmq is told addresses alone, and looks at them when it is told to connect.
TEST(HostPortTest, LibzmqRefusesNoAddressThatIsAccepted) {
  using std::chrono_literals::operator""ms;
  zmq::context_t context;
  ConnectionSettings settings;
  settings.max_reply_bytes = 1;
  settings.timing = TimingFor(1000ms);
  int count = 0;
  for (const auto& row : Rows()) {
    if (!row.contains("host")) continue;
    const auto host = row.at("host").get<std::string>();
    if (!Resolver::IsNumeric(host)) continue;
    settings.address = {.host = host, .port = 1};
    EXPECT_NO_THROW(Connection(context, settings, host)) << host;
    ++count;
  }
  EXPECT_GT(count, 0);
}

// Hosts as they stand in front of a port, and the hosts that they are.
struct HostInFront {
  std::string text;
  std::string host;
};

std::vector<HostInFront> GoodHostsInFront() {
  std::vector<HostInFront> hosts;
  for (const auto& row : Rows()) {
    if (!row.contains("host")) continue;
    const auto host = row.at("host").get<std::string>();
    const bool is_ipv6 = host.find(':') != std::string::npos;
    hosts.push_back({.text = is_ipv6 ? "[" + host + "]" : host, .host = host});
  }
  return hosts;
}

TEST(HostPortTest, AnAddressTakesTheSameHosts) {
  for (const auto& [text, host] : GoodHostsInFront()) {
    SCOPED_TRACE(text);
    const auto target = HostPort::Parse(text + ":5556");
    ASSERT_TRUE(target) << target.error();
    EXPECT_EQ(*target, (HostPort{.host = host, .port = 5556}));
    EXPECT_EQ(target->ToString(), text + ":5556");
    EXPECT_EQ(HostPort::ParseListenAddress(text + ":5556"), *target);
    const bool has_brackets = text != host;
    EXPECT_EQ(HostPort::Parse(host + ":5556").has_value(), !has_brackets);
    EXPECT_EQ(HostPort::ParseListenAddress(host + ":5556").has_value(), !has_brackets);
  }
  for (const auto& row : Rows()) {
    if (row.contains("host")) continue;
    const auto text = row.at("text").get<std::string>();
    SCOPED_TRACE(row.dump());
    const auto target = HostPort::Parse(text + ":5556");
    ASSERT_FALSE(target);
    EXPECT_THAT(target.error(), EndsWith("; expected HOST:PORT such as node1:5556 or "
                                         "[fd00::7]:5556"));
    if (text.empty()) continue;  // to listen on, that is every address
    const auto listen = HostPort::ParseListenAddress(text + ":5080");
    ASSERT_FALSE(listen);
    EXPECT_THAT(listen.error(), HasSubstr("expected HOST:PORT such as :5080"));
  }
}

TEST(HostPortTest, WhatIsWrongWithAnAddressToConnectToIsNamed) {
  const std::vector<std::pair<std::string, std::string>> faults = {
      {"", "it is empty"},
      {"node1", "it has no port"},
      {"[::1]", "it has no port"},
      {":5556", "it has no host"},
      {"node1:", "its port is not a number from 1 to 65535"},
      {"node1:0", "its port is not a number from 1 to 65535"},
      {"node1:65536", "its port is not a number from 1 to 65535"},
      {"node1:5556x", "its port is not a number from 1 to 65535"},
      {"::1:5556", "it has colons outside square brackets"},
      {"tcp://node1:5556", "it is a URL"},
      {"node1:5556/metrics", "it has a slash"},
      {"node1:5556,node2:5556", "it is a list"},
      {"node1:5556\r", "it ends with a carriage return"},
      {"\"node1:5556\"", "the quotes are part of it"},
      {"${NODE}:5556", "it has a variable"},
      {"-node1:5556", "a part of it begins or ends with a hyphen"},
  };
  for (const auto& [text, fault] : faults) {
    const auto target = HostPort::Parse(text);
    ASSERT_FALSE(target) << text;
    EXPECT_THAT(target.error(), StartsWith(fault)) << text;
  }
}

TEST(HostPortTest, WhatMeansTheSameHasOneSpelling) {
  const auto canonical = [](const std::string& text) {
    const auto parsed = HostPort::Parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed->Canonical().ToString();
  };
  EXPECT_EQ(canonical("Node17.Cluster:5556"), "node17.cluster:5556");
  EXPECT_EQ(canonical("[FD00:0:0::0007]:5556"), "[fd00::7]:5556");
  EXPECT_EQ(canonical("[fe80::1%Eth0]:5556"), "[fe80::1%Eth0]:5556");
  EXPECT_EQ(canonical("10.0.0.7:5556"), "10.0.0.7:5556");
  EXPECT_EQ(canonical("[::ffff:10.0.0.7]:5556"), "10.0.0.7:5556");
  EXPECT_EQ(canonical("[::FFFF:0a00:7]:5556"), "10.0.0.7:5556");
  EXPECT_EQ(canonical("node17.cluster.:5556"), "node17.cluster.:5556");
}

TEST(HostPortTest, OnlyWhereToListenMayLeaveOutTheHostAndHavePortZero) {
  EXPECT_EQ(HostPort::ParseListenAddress(":0"), HostPort());
  EXPECT_EQ(HostPort().ToString(), ":0");
  EXPECT_FALSE(HostPort::Parse(":0"));
  EXPECT_FALSE(HostPort::Parse("node1:0"));
}

}  // namespace
}  // namespace arkouda_exporter
