#include <dirent.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "test/support/exporter_test.h"
#include "test/support/full_fifo.h"

// SIGTERM and SIGINT end the exporter with status 0 whatever it does at that moment. (That this
// takes less than 500 ms is for the benchmark to say; here nothing is timed.)

namespace arkouda_exporter::testing {
namespace {

class StopTest : public ExporterTest, public ::testing::WithParamInterface<int> {
 protected:
  // Stops it, and sees that it said so, once, as the last thing.
  static void Stop(Exporter& exporter) {
    exporter.Stop(GetParam());
    const auto said = exporter.Log("stopping");
    ASSERT_EQ(said.size(), 1U) << exporter.process().Stderr();
    EXPECT_EQ(said.front().at("signal"), GetParam() == SIGTERM ? "SIGTERM" : "SIGINT");
  }
};

std::string SignalName(const ::testing::TestParamInfo<int>& info) {
  return info.param == SIGTERM ? "SIGTERM" : "SIGINT";
}

INSTANTIATE_TEST_SUITE_P(Signals, StopTest, ::testing::Values(SIGTERM, SIGINT), SignalName);

// Whether the process has begun the exporter's main, which first of all blocks this signal, to take
// notice of it. Before that all signals are blocked for moments, SIGQUIT with them: by glibc 2.41
// in a child that fork(2) has just made, and by ThreadSanitizer when it starts a thread of its own.
bool HasBegunMain(pid_t pid, int signal) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string line;
  while (std::getline(status, line)) {
    if (!line.starts_with("SigBlk:")) continue;
    const std::string_view digits = std::string_view(line).substr(line.find_last_of(" \t") + 1);
    std::uint64_t mask = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), mask, 16);
    const auto has = [&](int one) {
      return (mask & (1ULL << static_cast<unsigned>(one - 1))) != 0;
    };
    return has(signal) && !has(SIGQUIT);
  }
  return false;
}

// The only child of a process, or -1 as long as it has none.
pid_t ChildOf(pid_t parent) {
  std::ifstream children("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) +
                         "/children");
  pid_t child = -1;
  children >> child;
  return children ? child : -1;
}

TEST_P(StopTest, EndsWhileNoServerIsThere) {
  const FreePort port;
  Exporter& exporter = StartExporter(port.number());
  EXPECT_TRUE(exporter.AwaitPolls("unreachable", 2));
  Stop(exporter);
}

TEST_P(StopTest, EndsWhileItConnectsToAPeerThatNeverSpeaks) {
  const MuteListener listener;
  Exporter& exporter = StartExporter(listener.port(), {kPatient, "--polling-interval=1h"});
  EXPECT_TRUE(Await("a connection", [&] { return listener.HasClient(); }));
  Stop(exporter);
}

TEST_P(StopTest, EndsWhileItConnectsToAnAddressThatSwallowsEverything) {
  // 192.0.2.0/24 is nobody's (RFC 5737): packets to it go nowhere.
  Exporter& exporter =
      StartExporter(5556, {"--arkouda.host=192.0.2.1", kPatient, "--polling-interval=1h"});
  Stop(exporter);
}

TEST_P(StopTest, EndsWhileItsServersNameCannotBeResolved) {
  Exporter& exporter = StartExporter(5556, {"--arkouda.host=nowhere.invalid"});
  EXPECT_EQ(exporter.Get("/-/healthy").status, 200);
  Stop(exporter);
}

TEST_P(StopTest, EndsWhileItIsConnectedAndIdle) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient, "--polling-interval=1h"});
  EXPECT_TRUE(exporter.AwaitUp());
  Stop(exporter);
}

TEST_P(StopTest, EndsWhileARequestIsOutstanding) {
  Simulator& simulator = StartSimulator({"--fault", "hang"});
  Exporter& exporter = StartExporter(simulator, {kPatient, "--polling-interval=1h"});
  EXPECT_TRUE(Await("the request", [&] { return simulator.HasReceived(1); }));
  Stop(exporter);
}

TEST_P(StopTest, EndsWhileTheServerIsFrozen) {
  Simulator& simulator = StartSimulator();
  simulator.AllowWaiting(2, "declared gone while frozen, as in BusyServerTest");
  Exporter& exporter = StartExporter(simulator);
  EXPECT_TRUE(exporter.AwaitUp());
  simulator.Freeze();
  EXPECT_TRUE(exporter.AwaitDown());
  Stop(exporter);
}

TEST_P(StopTest, EndsInTheMiddleOfAScrapeByAClientThatReadsNothing) {
  // A page too big for the kernel's buffers.
  Simulator& simulator =
      StartSimulator({"--locales", "256", "--commands", "100", "--users", "200"});
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  const TcpClient client(exporter.port());
  client.Send("GET /metrics HTTP/1.1\r\nHost: exporter\r\n\r\n");
  EXPECT_TRUE(Await("the beginning of the page", [&] { return client.HasData(); }));
  Stop(exporter);
}

TEST_P(StopTest, EndsWhileClientsAreConnectedThatSayNothing) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient});
  std::vector<std::unique_ptr<TcpClient>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<TcpClient>(exporter.port()));
  EXPECT_TRUE(exporter.AwaitUp());
  Stop(exporter);
}

TEST_P(StopTest, EndsByTwoSignalsAsByOne) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  exporter.process().Signal(GetParam());
  Stop(exporter);
}

TEST_P(StopTest, EndsRightAfterItsStart) {
  Simulator& simulator = StartSimulator();
  const Arguments arguments =
      Watching(simulator.port(), {"--web.listen-address=127.0.0.1:0", "--polling-interval=200ms"});
  constexpr int kStarts = 20;
  for (int start = 0; start < kStarts; ++start) {
    Process exporter(kExporterBinary, arguments);
    const auto has_begun = [&] { return HasBegunMain(exporter.pid(), GetParam()); };
    // Without Await's pauses, in which it would be all started.
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!has_begun() && exporter.IsRunning() && std::chrono::steady_clock::now() < deadline) {
    }
    // Each at another moment of its start: the time of a few looks later than the one before.
    constexpr int kLooks = 10;
    for (int look = 0; look < start * kLooks; ++look) static_cast<void>(has_begun());
    exporter.Signal(GetParam());
    EXPECT_EQ(exporter.Wait(), Exited(0)) << "start " << start << ": " << exporter.Stderr();
  }
}

TEST_P(StopTest, EndsWhileNobodyReadsItsLog) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP()
      << "under ThreadSanitizer a process does not end while one of its threads is blocked "
         "in write(2); the other builds test this";
#endif
  const FullFifo log;
  Arguments arguments = {"-c", R"(log=$1; shift; exec "$@" 2>"$log")", "sh", log.path(),
                         kExporterBinary};
  const FreePort port;
  const Arguments watching = Watching(port.number());
  arguments.insert(arguments.end(), watching.begin(), watching.end());
  Process exporter("sh", arguments);
  EXPECT_TRUE(Await("the beginning of main", [&] {
    return HasBegunMain(exporter.pid(), GetParam()) || !exporter.IsRunning();
  }));
  exporter.Signal(GetParam());
  EXPECT_EQ(exporter.Wait(), Exited(0));
}

TEST_P(StopTest, EndsAsProcessNumberOneOfAContainer) {
  // The kernel drops signals to a PID 1 that has no handler for them (pid_namespaces(7)).
  Arguments unshare = {"--pid", "--fork", "--kill-child", "--mount-proc"};
  if (geteuid() != 0) unshare.insert(unshare.begin(), {"--user", "--map-root-user"});
  Arguments probe = unshare;
  probe.emplace_back("true");
  const Finished probed = RunToEnd("unshare", probe);
  if (probed.ending != Exited(0)) {
    GTEST_SKIP() << "no PID namespaces on this machine: unshare said: " << probed.err;
  }

  Simulator& simulator = StartSimulator();
  Arguments arguments = unshare;
  arguments.emplace_back(kExporterBinary);
  for (const std::string& argument :
       Watching(simulator.port(), {"--web.listen-address=127.0.0.1:0"})) {
    arguments.push_back(argument);
  }
  Process container("unshare", arguments);
  EXPECT_TRUE(container.AwaitStderr("msg=\"connected to Arkouda\""));
  const pid_t exporter = ChildOf(container.pid());
  ASSERT_GT(exporter, 0);
  kill(exporter, GetParam());
  // unshare ends as its child did.
  EXPECT_EQ(container.Wait(), Exited(0)) << container.Stderr();
  EXPECT_EQ(LinesSaying(container.Stderr(), "stopping").size(), 1U);
}

}  // namespace
}  // namespace arkouda_exporter::testing
