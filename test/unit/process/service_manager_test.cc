#include "exporter/process/service_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <string>

#include "test/support/notify_socket.h"

namespace arkouda_exporter {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using testing::NotifySocket;
using Variables = std::map<std::string, std::string>;

ServiceManager ManagerWith(const Variables& variables) {
  return ServiceManager([&](const char* name) {
    const auto variable = variables.find(name);
    return variable == variables.end() ? nullptr : variable->second.c_str();
  });
}

TEST(ServiceManager, IsToldInDatagrams) {
  for (const std::string abstract_name : {"", "arkouda-exporter-unit-test"}) {
    NotifySocket socket(abstract_name.empty() ? "" : abstract_name + std::to_string(getpid()));
    const ServiceManager manager = ManagerWith({{"NOTIFY_SOCKET", socket.variable()}});
    manager.TellReady();
    manager.TellAlive("servers: 1 watched, 1 answering");
    manager.TellReloading(std::chrono::steady_clock::time_point(std::chrono::seconds(12)));
    manager.TellStopping();
    EXPECT_THAT(socket.Told(),
                ElementsAre("READY=1", "WATCHDOG=1\nSTATUS=servers: 1 watched, 1 answering",
                            "RELOADING=1\nMONOTONIC_USEC=12000000", "STOPPING=1"));
  }
}

TEST(ServiceManager, IsToldTwiceAsOftenAsItWatches) {
  const NotifySocket socket;
  const auto beat = [&](const Variables& watchdog) {
    Variables variables = watchdog;
    variables["NOTIFY_SOCKET"] = socket.variable();
    return ManagerWith(variables).beat();
  };
  EXPECT_EQ(beat({{"WATCHDOG_USEC", "3000000"}}), milliseconds(1500));
  const std::string own = std::to_string(getpid());
  EXPECT_EQ(beat({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", own}}), milliseconds(1500));
  // Now and then also where nobody watches, or somebody else is watched.
  EXPECT_EQ(beat({}), milliseconds(5000));
  EXPECT_EQ(beat({{"WATCHDOG_USEC", "60000000"}}), milliseconds(5000));
  EXPECT_EQ(beat({{"WATCHDOG_USEC", "3000000"}, {"WATCHDOG_PID", "1"}}), milliseconds(5000));
  for (const char* const odd : {"", "0", "-1", "3s", "99999999999999999999"}) {
    EXPECT_EQ(beat({{"WATCHDOG_USEC", odd}}), milliseconds(5000)) << odd;
  }
}

TEST(ServiceManager, NobodyIsToldWhereThereIsNone) {
  const std::string too_long = "/" + std::string(200, 'x');
  for (const Variables& variables :
       {Variables{}, Variables{{"NOTIFY_SOCKET", ""}}, Variables{{"NOTIFY_SOCKET", "relative"}},
        Variables{{"NOTIFY_SOCKET", too_long}}}) {
    const ServiceManager manager = ManagerWith(variables);
    EXPECT_EQ(manager.beat(), std::nullopt);
    manager.TellReady();
  }
}

TEST(ServiceManager, OneThatIsGoneHarmsNobody) {
  std::string variable;
  {
    const NotifySocket socket;
    variable = socket.variable();
  }
  const ServiceManager manager = ManagerWith({{"NOTIFY_SOCKET", variable}});
  manager.TellReady();
  EXPECT_TRUE(manager.beat());
}

}  // namespace
}  // namespace arkouda_exporter
