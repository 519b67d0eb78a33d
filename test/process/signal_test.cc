#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "test/support/exporter_test.h"
#include "test/support/temp_dir.h"

// Signals that do not stop it.

namespace arkouda_exporter::testing {
namespace {

class SignalTest : public ExporterTest {};

TEST_F(SignalTest, NeitherHangupNorUserSignalsEndIt) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient});
  for (const int signal : {SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE, SIGXFSZ}) {
    exporter.process().Signal(signal);
  }
  EXPECT_TRUE(exporter.process().AwaitStderr("why=SIGHUP"));
  EXPECT_TRUE(exporter.AwaitPolls("success", 2));
}

TEST_F(SignalTest, HangupSaysWhetherTheTokenFileCanBeUsed) {
  const TempDir directory;
  const std::string file = directory.Write("token", "one\n");
  Simulator& simulator = StartSimulator();
  Exporter& exporter =
      StartExporter(simulator, {kPatient, "--polling-interval=1h", "--arkouda.token-file=" + file});
  EXPECT_TRUE(exporter.AwaitUp());
  exporter.process().Signal(SIGHUP);
  EXPECT_TRUE(exporter.process().AwaitStderr("the token file has been read again"));
  directory.Write("token", "\n");
  exporter.process().Signal(SIGHUP);
  EXPECT_TRUE(exporter.process().AwaitStderr("the token file can't be used"));
}

TEST_F(SignalTest, HangupDoesNotEndAPollOfOnce) {
  Simulator& simulator = StartSimulator({"--fault", "delay=500ms"});
  Process once(kExporterBinary, Watching(simulator.port(), {kPatient, "--once"}));
  EXPECT_TRUE(Await("the request", [&] { return simulator.HasReceived(1); }));
  once.Signal(SIGHUP);
  EXPECT_EQ(once.Wait(), Exited(0)) << once.Stderr();
}

}  // namespace
}  // namespace arkouda_exporter::testing
