#include "common/host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cctype>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/listen_address.h"
#include "exporter/arkouda/connection.h"

// test/data/hosts.json is also what the tests of deploy/workflows put to settings.sh and to Hera's
// checks. A row is a text with the host that it is, or with a word that the error has.

namespace arkouda_exporter {
namespace {

using ::testing::HasSubstr;

nlohmann::json Rows() {
  std::ifstream file(std::string(TEST_DATA) + "/hosts.json");
  return nlohmann::json::parse(file);
}

TEST(HostTest, EveryRowOfTheTableIsReadAsItSays) {
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

TEST(HostTest, BytesThatAreNotTextAreRefused) {
  EXPECT_FALSE(ParseHost(std::string_view("node1\0", 6)));
  EXPECT_FALSE(ParseHost(std::string_view("::1\0", 4)));
  for (int byte = 0; byte < 256; ++byte) {
    const std::string text = std::string("a") + static_cast<char>(byte) + "a";
    const bool is_of_name = std::isalnum(byte) != 0 || byte == '-' || byte == '_' || byte == '.';
    EXPECT_EQ(ParseHost(text).has_value(), is_of_name) << byte;
  }
}

// The real libzmq looks at the address when it is told to connect, and looks names up afterwards.
// Those look-ups can't be interrupted, so a process of its own makes them and ends in the middle.
TEST(HostTest, LibzmqRefusesNothingThatIsAccepted) {
  const auto connect_to_all = [] {
    using std::chrono_literals::operator""ms;
    auto* const context = new zmq::context_t;  // never ended: that would wait for the look-ups
    auto* const connections = new std::vector<std::unique_ptr<Connection>>;
    int count = 0;
    for (const auto& row : Rows()) {
      if (!row.contains("host")) continue;
      const auto host = row.at("host").get<std::string>();
      for (const bool prefer_ipv6 : {false, true}) {
        const ConnectionSettings settings{.host = host,
                                          .port = 1,
                                          .max_reply_bytes = 1,
                                          .connect_timeout = 1000ms,
                                          .handshake_timeout = 1000ms,
                                          .heartbeat_interval = 1000ms,
                                          .heartbeat_timeout = 1000ms};
        try {
          connections->push_back(std::make_unique<Connection>(*context, settings, prefer_ipv6));
          ++count;
        } catch (const zmq::error_t& error) {
          std::cerr << host << ": " << error.what() << "\n";
          _exit(1);
        }
      }
    }
    std::cerr << count << " connections\n";
    _exit(count > 0 ? 0 : 1);
  };
  EXPECT_EXIT(connect_to_all(), ::testing::ExitedWithCode(0), "connections");
}

TEST(HostTest, AListenAddressTakesTheSameHosts) {
  for (const auto& row : Rows()) {
    const auto text = row.at("text").get<std::string>();
    SCOPED_TRACE(row.dump());
    if (row.contains("host")) {
      const auto host = row.at("host").get<std::string>();
      const bool is_ipv6 = host.find(':') != std::string::npos;
      const std::string in_brackets = is_ipv6 ? "[" + host + "]" : host;
      const auto address = ListenAddress::Parse(in_brackets + ":5080");
      ASSERT_TRUE(address) << address.error();
      EXPECT_EQ(address->host, host);
      EXPECT_EQ(address->ToString(), in_brackets + ":5080");
      EXPECT_EQ(ListenAddress::Parse(host + ":5080").has_value(), !is_ipv6);
    } else if (!text.empty()) {  // that is every address
      const auto address = ListenAddress::Parse(text + ":5080");
      ASSERT_FALSE(address);
      EXPECT_THAT(address.error(), HasSubstr("expected HOST:PORT such as :5080"));
    }
  }
}

}  // namespace
}  // namespace arkouda_exporter
