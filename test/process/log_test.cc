#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "test/support/exporter_test.h"

// The log as a whole: every line can be read by a machine, and a quiet hour is quiet.

namespace arkouda_exporter::testing {
namespace {

class LogTest : public ExporterTest {
 protected:
  // A life with all that gives a line: no server, a server, odd entries, a loss, the end.
  Exporter& RunThroughALife(const Arguments& arguments) {
    const FreePort port;
    Exporter& exporter = StartExporter(port.number(), arguments);
    EXPECT_TRUE(exporter.AwaitPolls("unreachable", 2));
    Simulator& simulator =
        StartSimulator({"--fault", "hostile-names", "--fault", "duplicates"}, port.number());
    EXPECT_TRUE(exporter.AwaitUp());
    simulator.StopAndCheck();
    EXPECT_TRUE(exporter.AwaitDown());
    Simulator& successor = StartSimulator({"--fault", "not-json"}, port.number());
    EXPECT_TRUE(exporter.AwaitPolls("invalid_reply", 1));
    successor.StopAndCheck();
    exporter.Stop(SIGTERM);
    return exporter;
  }
};

TEST_F(LogTest, EveryLineIsLogfmt) {
  Exporter& exporter = RunThroughALife({kPatient, "--log.level=debug"});
  const std::vector<std::string> lines = Lines(exporter.process().Stderr());
  EXPECT_GE(lines.size(), 10U);
  for (const std::string& line : lines) {
    const auto fields = ParseLogfmt(line);
    ASSERT_TRUE(fields.has_value()) << fields.error();
    for (const char* key : {"ts", "level", "msg"}) EXPECT_TRUE(fields->contains(key)) << line;
  }
}

TEST_F(LogTest, EveryLineIsJsonWhenAskedFor) {
  Exporter& exporter = RunThroughALife({kPatient, "--log.format=json", "--log.level=debug"});
  const std::vector<std::string> lines = Lines(exporter.process().Stderr());
  EXPECT_GE(lines.size(), 10U);
  for (const std::string& line : lines) {
    const auto json = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    ASSERT_TRUE(json.is_object()) << line;
    for (const char* key : {"ts", "level", "msg"}) EXPECT_TRUE(json.contains(key)) << line;
  }
}

TEST_F(LogTest, NothingGoesToStandardOutput) {
  Exporter& exporter = RunThroughALife({kPatient});
  EXPECT_EQ(exporter.process().Stdout(), "");
}

TEST_F(LogTest, SteadyPollingIsSilent) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient, "--polling-interval=100ms"});
  EXPECT_TRUE(exporter.AwaitPolls("success", 1));
  const std::string before = exporter.process().Stderr();
  EXPECT_TRUE(exporter.AwaitPolls("success", 20));
  EXPECT_EQ(exporter.process().Stderr(), before);
}

TEST_F(LogTest, SteadyAbsenceIsSilent) {
  const FreePort port;
  Exporter& exporter = StartExporter(port.number(), {"--polling-interval=100ms"});
  EXPECT_TRUE(exporter.AwaitPolls("unreachable", 2));
  const std::string before = exporter.process().Stderr();
  EXPECT_TRUE(exporter.AwaitPolls("unreachable", 20));
  EXPECT_EQ(exporter.process().Stderr(), before);
}

TEST_F(LogTest, SteadySilenceOfTheServerIsSilent) {
  Simulator& simulator = StartSimulator({"--fault", "hang"});
  Exporter& exporter = StartExporter(simulator, {"--polling-interval=100ms"});
  EXPECT_TRUE(exporter.AwaitPolls("outstanding", 2));
  const std::string before = exporter.process().Stderr();
  EXPECT_TRUE(exporter.AwaitPolls("outstanding", 20));
  EXPECT_EQ(exporter.process().Stderr(), before);
}

TEST_F(LogTest, DebugSaysSomethingOfEveryPoll) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient, "--log.level=debug"});
  EXPECT_TRUE(exporter.AwaitPolls("success", 5));
  const auto sent = exporter.Log("sending");
  EXPECT_GE(sent.size(), 5U);
  for (const LogLine& line : sent) EXPECT_EQ(line.at("level"), "debug");
}

TEST_F(LogTest, LevelErrorHidesWarnings) {
  const FreePort port;
  // By hand: the fixture reads the port from a line of level info.
  Process exporter(kExporterBinary,
                   Watching(port.number(), {"--web.listen-address=127.0.0.1:0",
                                            "--polling-interval=100ms", "--log.level=error"}));
  EXPECT_FALSE(Await(
      "a line", [&] { return !exporter.Stderr().empty(); }, std::chrono::milliseconds(1000)))
      << exporter.Stderr();
  exporter.Signal(SIGTERM);
  EXPECT_EQ(exporter.Wait(), Exited(0));
  EXPECT_EQ(exporter.Stderr(), "");
}

}  // namespace
}  // namespace arkouda_exporter::testing
