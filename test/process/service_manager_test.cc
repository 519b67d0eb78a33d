#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <vector>

#include "test/support/await.h"
#include "test/support/exporter_test.h"
#include "test/support/notify_socket.h"

// What a service manager, such as systemd, is told by the real exporter.

namespace arkouda_exporter::testing {
namespace {

class ServiceManagerTest : public ExporterTest {
 protected:
  Exporter& StartWith(const Arguments& arguments, const Environment& more = {}) {
    Environment environment = more;
    environment["NOTIFY_SOCKET"] = manager_.variable();
    return StartExporter(StartSimulator(), arguments, environment);
  }

  ::testing::AssertionResult AwaitTold(const std::string& what) {
    return Await(what, [&] {
      const auto& told = manager_.Told();
      return std::any_of(told.begin(), told.end(), [&](const std::string& datagram) {
        return datagram.find(what) != std::string::npos;
      });
    });
  }

  NotifySocket manager_;
};

TEST_F(ServiceManagerTest, IsToldWhenAnybodyCanConnectAndOfTheEnd) {
  Exporter& exporter = StartWith({kPatient});
  EXPECT_TRUE(AwaitTold("READY=1"));
  EXPECT_EQ(exporter.Get("/-/ready").status, 200);
  EXPECT_TRUE(AwaitTold("STATUS=servers: 1 watched, "));
  exporter.Stop(SIGTERM);
  EXPECT_EQ(manager_.Told().back(), "STOPPING=1");
}

TEST_F(ServiceManagerTest, IsToldHowManyAnswer) {
  StartWith({kPatient}, {{"WATCHDOG_USEC", "200000"}});
  EXPECT_TRUE(AwaitTold("WATCHDOG=1\nSTATUS=servers: 1 watched, 1 answering"));
}

TEST_F(ServiceManagerTest, IsToldOfAReload) {
  Exporter& exporter = StartWith({kPatient});
  EXPECT_TRUE(AwaitTold("READY=1"));
  exporter.process().Signal(SIGHUP);
  EXPECT_TRUE(AwaitTold("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_TRUE(Await("the end of it", [&] {
    const auto& told = manager_.Told();
    return std::count(told.begin(), told.end(), "READY=1") == 2;
  }));
}

TEST_F(ServiceManagerTest, OneThatCantBeToldIsNamedAndDoesNoHarm) {
  Exporter& exporter = StartExporter(StartSimulator(), {kPatient}, {{"NOTIFY_SOCKET", "relative"}});
  EXPECT_TRUE(exporter.AwaitUp());
  const auto log = exporter.Log("the service manager is told nothing");
  ASSERT_EQ(log.size(), 1U);
  EXPECT_EQ(log[0].at("NOTIFY_SOCKET"), "relative");
}

}  // namespace
}  // namespace arkouda_exporter::testing
