#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "test/support/exporter_test.h"

// --once: a poll, a page on standard output, an exit status.

namespace arkouda_exporter::testing {
namespace {

using ::testing::HasSubstr;

class OnceTest : public ExporterTest {
 protected:
  static Finished RunOnce(std::uint16_t port, const Arguments& more) {
    Arguments arguments = Watching(port, more);
    arguments.emplace_back("--once");
    return RunToEnd(kExporterBinary, arguments);
  }

  static void ExpectFailure(const Finished& once, const std::string& reason) {
    EXPECT_EQ(once.ending, Exited(1));
    EXPECT_THAT(once.err, HasSubstr(reason));
    // No page, or one that says that Arkouda is down: nothing that could pass for data.
    const auto page = Page::Parse(once.out);
    ASSERT_TRUE(page.has_value()) << page.error();
    EXPECT_TRUE(page->FamiliesFromArkouda().empty());
    EXPECT_NE(page->TargetValue("arkouda_up"), 1);
  }
};

TEST_F(OnceTest, PageIsWrittenToStandardOutputAndNothingElse) {
  Simulator& simulator = StartSimulator();
  const Finished once = RunOnce(simulator.port(), {kPatient});
  EXPECT_EQ(once.ending, Exited(0)) << once.err;
  const auto page = Page::Parse(once.out);
  ASSERT_TRUE(page.has_value()) << page.error();
  EXPECT_EQ(page->TargetValue("arkouda_up"), 1);
  EXPECT_TRUE(IsConsistent(*page));
  EXPECT_TRUE(page->ArkoudaVersion().has_value());
  const SimulatorReport report = simulator.Report();
  EXPECT_EQ(report.all, 1);
  EXPECT_EQ(report.server_info, 1);
}

TEST_F(OnceTest, PageOfTwoMegabytesIsWrittenWhole) {
  Simulator& simulator =
      StartSimulator({"--locales", "512", "--commands", "200", "--users", "150"});
  const Finished once = RunOnce(simulator.port(), {kPatient});
  EXPECT_EQ(once.ending, Exited(0)) << once.err;
  const auto page = Page::Parse(once.out);
  ASSERT_TRUE(page.has_value()) << page.error();
  EXPECT_TRUE(IsConsistent(*page));
}

TEST_F(OnceTest, TimeoutAboveTheIntervalIsWaitedFor) {
  Simulator& simulator = StartSimulator({"--fault", "delay=500ms"});
  const Finished once =
      RunOnce(simulator.port(), {"--polling-interval=100ms", "--arkouda.timeout=1m"});
  EXPECT_EQ(once.ending, Exited(0)) << once.err;
}

TEST_F(OnceTest, PeerThatNeverSpeaksIsAReasonToo) {
  const MuteListener listener;
  const Finished once = RunOnce(listener.port(), {"--arkouda.timeout=100ms"});
  ExpectFailure(once, "result=unreachable reason=\"no connection within --arkouda.timeout");
}

TEST_F(OnceTest, PortOfARunningExporterDoesNotMatter) {
  const MuteListener other;
  Simulator& simulator = StartSimulator();
  const Finished once = RunOnce(simulator.port(), {kPatient, "--web.listen-address=127.0.0.1:" +
                                                                 std::to_string(other.port())});
  EXPECT_EQ(once.ending, Exited(0)) << once.err;
}

TEST_F(OnceTest, ServerThatIsNotThereIsTheReasonOnStandardError) {
  const FreePort port;
  ExpectFailure(RunOnce(port.number(), {"--arkouda.timeout=500ms"}), "refused");
}

TEST_F(OnceTest, ServerThatDoesNotAnswerIsTheReasonOnStandardError) {
  Simulator& simulator = StartSimulator({"--fault", "hang"});
  ExpectFailure(RunOnce(simulator.port(), {"--arkouda.timeout=500ms"}), "--arkouda.timeout");
}

TEST_F(OnceTest, BadReplyIsTheReasonOnStandardError) {
  Simulator& simulator = StartSimulator({"--fault", "error"});
  ExpectFailure(RunOnce(simulator.port(), {kPatient}), "answered with an error");
}

TEST_F(OnceTest, SignalEndsTheWaitWithoutAPageAndWithoutSuccess) {
  for (const int signal : {SIGTERM, SIGINT}) {
    SCOPED_TRACE(signal);
    Simulator& simulator = StartSimulator({"--fault", "hang"});
    Process once(kExporterBinary, Watching(simulator.port(), {kPatient, "--once"}));
    EXPECT_TRUE(Await("the request", [&] { return simulator.HasReceived(1); }));
    once.Signal(signal);
    EXPECT_EQ(once.Wait(), Exited(1)) << "0 would make an empty file pass for a page";
    EXPECT_EQ(once.Stdout(), "");
  }
}

TEST_F(OnceTest, BadOptionIsNotMistakenForADownServer) {
  const Finished once = RunToEnd(kExporterBinary, {"--once", "--arkouda.port=x"});
  EXPECT_EQ(once.ending, Exited(2));
  EXPECT_EQ(once.out, "");
}

}  // namespace
}  // namespace arkouda_exporter::testing
