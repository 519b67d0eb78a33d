#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "test/support/exporter_test.h"
#include "test/support/page_watch.h"

// A server that comes, goes and comes back: there is fresh data once it answers again, and never a
// page that mixes one server's data with another's.

namespace arkouda_exporter::testing {
namespace {

class RecoveryTest : public ExporterTest {};

TEST_F(RecoveryTest, ServerStartedAfterTheExporterIsFound) {
  const FreePort port;
  Exporter& exporter = StartExporter(port.number(), {kPatient});
  PageWatch watch(exporter, IsConsistent);
  EXPECT_TRUE(exporter.AwaitPolls("unreachable", 2));
  EXPECT_EQ(exporter.Scrape().TargetValue("arkouda_up"), 0);
  EXPECT_TRUE(exporter.Scrape().FamiliesFromArkouda().empty());
  EXPECT_EQ(exporter.Log("not connected to Arkouda").size(), 1U) << "once, not once an attempt";

  Simulator& simulator = StartSimulator({}, port.number());
  EXPECT_TRUE(exporter.AwaitUp());
  EXPECT_TRUE(exporter.AwaitPolls("success", 3));
  watch.Stop();
  EXPECT_EQ(exporter.Log("connected to Arkouda").size(), 1U);
  EXPECT_EQ(exporter.Log("polls succeed again").size(), 1U);
  EXPECT_EQ(simulator.Report().connections, 1);
}

TEST_F(RecoveryTest, ServerStartedBeforeTheExporterIsPolledAtOnce) {
  Simulator& simulator = StartSimulator();
  // With an interval of an hour, there is only data because the first poll doesn't wait for it.
  Exporter& exporter = StartExporter(simulator, {kPatient, "--polling-interval=1h"});
  EXPECT_TRUE(exporter.AwaitUp());
  const Page page = exporter.Scrape();
  EXPECT_TRUE(IsConsistent(page));
  EXPECT_EQ(page.Polls("success"), 1);
  const SimulatorReport report = simulator.Report();
  EXPECT_EQ(report.all, 1);
  EXPECT_EQ(report.server_info, 1);
}

TEST_F(RecoveryTest, ServerIsFoundByTheNameLocalhost) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {"--arkouda.host=localhost", kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
}

// Stopped meanwhile, the exporter learns all at once of what happened to the connection.
TEST_F(RecoveryTest, ServerThatIsKnownByNameIsFoundAgainAfterALossThatCameInOnePiece) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {"--arkouda.host=localhost", kPatient});
  for (int loss = 1; loss <= 3; ++loss) {
    EXPECT_TRUE(exporter.AwaitPolls("success", 2));
    exporter.process().Signal(SIGSTOP);
    simulator.Restart();
    exporter.process().Signal(SIGCONT);
    EXPECT_TRUE(Await("another connection", [&] { return simulator.Report().connections > loss; }));
  }
}

TEST_F(RecoveryTest, ServerRestartedBetweenPollsIsAskedForItsInformationAgain) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
  PageWatch watch(exporter, IsConsistent);
  constexpr int kRestarts = 3;
  for (int restart = 1; restart <= kRestarts; ++restart) {
    simulator.Restart();
    EXPECT_TRUE(
        Await("another connection", [&] { return simulator.Report().connections > restart; }));
    EXPECT_TRUE(exporter.AwaitPolls("success", 2));
  }
  watch.Stop();
  EXPECT_EQ(exporter.Log("connection lost").size(), 3U);
  EXPECT_EQ(exporter.Log("connected to Arkouda").size(), 4U);
  EXPECT_GE(simulator.Report().server_info, 1 + kRestarts);
}

TEST_F(RecoveryTest, NothingOfAServerIsShownWhileItIsAway) {
  const FreePort port;
  Simulator& first = StartSimulator({}, port.number());
  Exporter& exporter = StartExporter(port.number(), {kPatient});
  PageWatch watch(exporter, IsConsistent);
  EXPECT_TRUE(exporter.AwaitUp());
  first.StopAndCheck();
  EXPECT_TRUE(exporter.AwaitDown());
  EXPECT_TRUE(exporter.AwaitPolls("unreachable", 2));
  EXPECT_EQ(exporter.Get("/-/healthy").status, 200);

  StartSimulator({}, port.number());
  EXPECT_TRUE(exporter.AwaitUp());
  EXPECT_TRUE(watch.AwaitPages(3));
}

TEST_F(RecoveryTest, ServerThatDiesWhileItOwesAReplyIsReplacedByItsSuccessor) {
  const FreePort port;
  Simulator& first = StartSimulator({"--fault", "die", "--fault-after", "2"}, port.number());
  first.ExpectEnding(Exited(70));  // what the fault is for
  Exporter& exporter = StartExporter(port.number(), {kPatient});
  PageWatch watch(exporter, IsConsistent);
  EXPECT_TRUE(exporter.AwaitPage("the loss of a request", [](const Page& page) {
    return page.Polls("disconnected") == 1 && page.TargetValue("arkouda_up") == 0.0;
  }));
  EXPECT_EQ(first.process().Wait(), Exited(70));

  StartSimulator({}, port.number());
  EXPECT_TRUE(exporter.AwaitUp());
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
  EXPECT_EQ(exporter.Scrape().Polls("disconnected"), 1);
}

TEST_F(RecoveryTest, ServerRestartedInPlaceWhileItOwesAReplyIsAskedAgain) {
  Simulator& simulator =
      StartSimulator({"--fault", "close", "--fault-after", "2", "--fault-times", "3"});
  Exporter& exporter = StartExporter(simulator, {kPatient});
  PageWatch watch(exporter, IsConsistent);
  EXPECT_TRUE(exporter.AwaitPage("recovery from three losses", [](const Page& page) {
    return page.Polls("disconnected") == 3 && page.TargetValue("arkouda_up") == 1.0;
  }));
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
  EXPECT_EQ(exporter.Scrape().Polls("disconnected"), 3);
  EXPECT_EQ(simulator.Report().connections, 4);
}

TEST_F(RecoveryTest, ServerRestartedRightAfterItsReplyIsAskedAgain) {
  Simulator& simulator =
      StartSimulator({"--fault", "restart", "--fault-after", "2", "--fault-times", "3"});
  Exporter& exporter = StartExporter(simulator, {kPatient});
  PageWatch watch(exporter, IsConsistent);
  EXPECT_TRUE(Await("four connections", [&] { return simulator.Report().connections == 4; }));
  EXPECT_TRUE(exporter.AwaitUp());
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
}

TEST_F(RecoveryTest, ServerReplacedByAnotherVersionIsNeverMixedWithItsPredecessor) {
  struct Release {
    std::string form;
    std::string version;
    std::string locales;
  };
  const std::vector<Release> releases = {
      {.form = "2022", .version = "v2022.07.28", .locales = "3"},
      {.form = "2024", .version = "v2024.04.19", .locales = "1"},
      {.form = "2026", .version = "v2026.06.01", .locales = "5"},
      {.form = "2022", .version = "v2022.07.28", .locales = "3"}};
  const FreePort port;
  Exporter& exporter = StartExporter(port.number(), {kPatient});
  PageWatch watch(exporter, [&](const Page& page) {
    // IsConsistent compares the locales of the information with those of the metrics; here the
    // version must be one that has this number of locales.
    const auto consistent = IsConsistent(page);
    if (!consistent || !page.ArkoudaVersion()) return consistent;
    const std::string count =
        *page.LabelValues("arkouda_server_information_info", "arkouda_number_of_locales").begin();
    for (const Release& release : releases) {
      if (release.version == page.ArkoudaVersion() && release.locales == count) return consistent;
    }
    return ::testing::AssertionFailure() << page.ArkoudaVersion().value() << " with " << count;
  });
  for (const Release& release : releases) {
    Simulator& simulator = StartSimulator(
        {"--form", release.form, "--server-version", release.version, "--locales", release.locales},
        port.number());
    EXPECT_TRUE(exporter.AwaitPage(release.version, [&](const Page& page) {
      return page.ArkoudaVersion() == release.version;
    }));
    EXPECT_TRUE(exporter.AwaitPolls("success", 1));
    simulator.StopAndCheck();
  }
  EXPECT_TRUE(exporter.AwaitDown());
  EXPECT_TRUE(watch.AwaitPages(3));
}

}  // namespace
}  // namespace arkouda_exporter::testing
