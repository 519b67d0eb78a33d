#include <gtest/gtest.h>

#include <string>

#include "test/support/exporter_test.h"
#include "test/support/page_watch.h"

// A server that is busy answers late, for minutes if need be, and a second request would only make
// it busier. A server that is gone doesn't answer heartbeats either; then, and only then, another
// request may be sent.

namespace arkouda_exporter::testing {
namespace {

class BusyServerTest : public ExporterTest {};

TEST_F(BusyServerTest, SilentServerIsSentNothingMoreHoweverManyPollsGoBy) {
  Simulator& simulator = StartSimulator({"--fault", "hang", "--fault-after", "3"});
  Exporter& exporter = StartExporter(simulator, {"--polling-interval=100ms"});
  PageWatch watch(exporter, IsConsistent);
  EXPECT_TRUE(Await("the request that is not answered", [&] { return simulator.HasReceived(4); }));
  const SimulatorReport before = simulator.Report();
  EXPECT_TRUE(exporter.AwaitPolls("outstanding", 30));
  EXPECT_EQ(exporter.Scrape().TargetValue("arkouda_up"), 0);
  EXPECT_GE(exporter.Scrape().Polls("timeout"), 1);

  const SimulatorReport after = simulator.Report();
  EXPECT_EQ(after.all, 4);
  EXPECT_EQ(after.requests, before.requests);
  EXPECT_EQ(after.connections, 1) << "it answers heartbeats, and is not gone";
  EXPECT_EQ(exporter.Get("/-/healthy").status, 200);
}

TEST_F(BusyServerTest, SilentServerThatIsReplacedIsForgotten) {
  const FreePort port;
  Simulator& silent = StartSimulator({"--fault", "hang"}, port.number());
  Exporter& exporter = StartExporter(port.number());
  EXPECT_TRUE(exporter.AwaitPolls("outstanding", 3));
  silent.StopAndCheck();
  StartSimulator({}, port.number());
  EXPECT_TRUE(exporter.AwaitUp());
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
}

TEST_F(BusyServerTest, LateReplyIsUsedAsSoonAsItComes) {
  // Every reply is later than the time-out. So if the page is ever up, it is thanks to a late one.
  Simulator& simulator = StartSimulator({"--fault", "delay=1s"});
  Exporter& exporter = StartExporter(simulator);
  PageWatch watch(exporter, IsConsistent);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(exporter.AwaitDown());
    EXPECT_TRUE(exporter.AwaitUp());
  }
  const Page page = exporter.Scrape();
  EXPECT_EQ(page.Polls("success"), 0) << "a late reply doesn't make its poll a success";
  EXPECT_GE(page.Polls("timeout"), 2);
  EXPECT_GE(page.Polls("outstanding"), 2);
  EXPECT_EQ(page.Polls("disconnected"), 0);
  EXPECT_GT(page.TargetValue("arkouda_exporter_last_successful_poll_timestamp_seconds"), 0);
  EXPECT_EQ(simulator.Report().connections, 1);
}

TEST_F(BusyServerTest, ServerBusyForManyIntervalsHasOneRequestWaitingAndRecoversByItsReply) {
  Simulator& simulator =
      StartSimulator({"--fault", "delay=4s", "--fault-after", "2", "--fault-times", "1"});
  Exporter& exporter = StartExporter(simulator, {"--polling-interval=100ms"});
  PageWatch watch(exporter, IsConsistent);
  EXPECT_TRUE(exporter.AwaitPolls("outstanding", 20));
  EXPECT_TRUE(exporter.AwaitUp());
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
  EXPECT_EQ(exporter.Scrape().Polls("disconnected"), 0);
  EXPECT_GE(exporter.Log("a late reply has arrived").size(), 1U);
  const SimulatorReport report = simulator.Report();
  EXPECT_EQ(report.most_waiting, 1);
  EXPECT_EQ(report.connections, 1);
}

TEST_F(BusyServerTest, TimeoutAboveTheIntervalLetsSlowPollsSucceed) {
  Simulator& simulator = StartSimulator({"--fault", "delay=500ms"});
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  PageWatch watch(exporter, [](const Page& page) {
    if (page.TargetValue("arkouda_up") == 1.0) return IsConsistent(page);
    return ::testing::AssertionFailure() << "down though every poll is answered in time";
  });
  EXPECT_TRUE(exporter.AwaitPolls("success", 3));
  const Page page = exporter.Scrape();
  EXPECT_GE(page.Polls("outstanding"), 3) << "the polls in between send nothing";
  EXPECT_EQ(page.Polls("timeout"), 0);
  EXPECT_EQ(simulator.Report().connections, 1);
}

TEST_F(BusyServerTest, FrozenServerIsGoneAndComesBackWhenItThaws) {
  Simulator& simulator = StartSimulator();
  // When it thaws, the request of the connection that was given up waits in its kernel together
  // with that of the new one. It was declared gone: nobody can know then that it isn't.
  simulator.AllowWaiting(2, "declared gone while frozen");
  Exporter& exporter = StartExporter(simulator);
  EXPECT_TRUE(exporter.AwaitUp());
  PageWatch watch(exporter, IsConsistent);
  simulator.Freeze();
  EXPECT_TRUE(exporter.process().AwaitStderr("msg=\"connection lost\""));
  EXPECT_TRUE(exporter.AwaitDown());
  EXPECT_TRUE(exporter.AwaitPolls("unreachable", 10));
  simulator.Thaw();
  EXPECT_TRUE(exporter.AwaitUp());
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
}

TEST_F(BusyServerTest, FrozenServerThatThawsInTimeIsNotGone) {
  Simulator& simulator = StartSimulator();
  simulator.AllowWaiting(2, "a slow test may freeze it long enough to be declared gone");
  Exporter& exporter = StartExporter(simulator);
  EXPECT_TRUE(exporter.AwaitUp());
  PageWatch watch(exporter, IsConsistent);
  simulator.Freeze();
  EXPECT_TRUE(exporter.AwaitDown());
  simulator.Thaw();
  EXPECT_TRUE(exporter.AwaitUp());
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
}

TEST_F(BusyServerTest, PeerThatAcceptsAndNeverSpeaksIsUnreachable) {
  const MuteListener listener;
  Exporter& exporter = StartExporter(listener.port());
  EXPECT_TRUE(Await("a connection", [&] { return listener.HasClient(); }));
  EXPECT_TRUE(exporter.AwaitPolls("unreachable", 3));
  EXPECT_EQ(exporter.Scrape().TargetValue("arkouda_up"), 0);
  EXPECT_EQ(exporter.Scrape().Polls("timeout"), 0) << "nothing may be sent into such a connection";
}

}  // namespace
}  // namespace arkouda_exporter::testing
