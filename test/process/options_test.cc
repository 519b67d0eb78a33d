#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <set>
#include <string>
#include <vector>

#include "test/support/exporter_test.h"
#include "test/support/temp_dir.h"

// Flags and environment as the real program takes them. The rows of the table one by one are a unit
// test.

namespace arkouda_exporter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class OptionsTest : public ExporterTest {};

// One thing that is wrong, and what its line must name.
struct BadOption {
  std::string flag;      // or
  std::string variable;  // one of the two is empty
  std::string value;
  std::string hint;  // what would be right, in part

  std::string name() const { return flag.empty() ? variable : flag; }
};

void PrintTo(const BadOption& option, std::ostream* out) {
  *out << option.name() << "=" << option.value;
}

const std::vector<BadOption>& BadOptions() {
  static const std::vector<BadOption> options = {
      {.flag = "--arkouda.host", .variable = "", .value = "arkouda:5556", .hint = "--arkouda.port"},
      {.flag = "", .variable = "ARKOUDA_METRICS_SERVICE_HOST", .value = "a b", .hint = "space"},
      {.flag = "",
       .variable = "ARKOUDA_METRICS_SERVICE_HOST",
       .value = "\"node1.example.com\"",
       .hint = "quotes"},
      {.flag = "--arkouda.host", .variable = "", .value = "${HOST}", .hint = "variable"},
      {.flag = "", .variable = "ARKOUDA_METRICS_SERVICE_HOST", .value = "a\\", .hint = "backslash"},
      {.flag = "--arkouda.host", .variable = "", .value = "_a", .hint = "begin"},
      {.flag = "", .variable = "ARKOUDA_METRICS_SERVICE_NAME", .value = ":::", .hint = "IPv6"},
      {.flag = "", .variable = "ARKOUDA_METRICS_SERVICE_NAME", .value = "tcp://a", .hint = "host"},
      {.flag = "--arkouda.port", .variable = "", .value = "0", .hint = "65535"},
      {.flag = "--arkouda.port", .variable = "", .value = "65536", .hint = "65535"},
      {.flag = "--arkouda.port", .variable = "", .value = "5556x", .hint = "65535"},
      {.flag = "", .variable = "ARKOUDA_METRICS_SERVICE_PORT", .value = "-1", .hint = "65535"},
      {.flag = "--arkouda.user", .variable = "", .value = "o'neill \"x\"", .hint = "quotes"},
      {.flag = "", .variable = "ARKOUDA_METRICS_USER", .value = "back\\slash", .hint = "backslash"},
      {.flag = "--arkouda.token-file", .variable = "", .value = "/nonexistent/token", .hint = "No"},
      {.flag = "", .variable = "ARKOUDA_TOKEN_FILE", .value = "/nonexistent/token", .hint = "No"},
      {.flag = "--arkouda.targets-file", .variable = "", .value = "targets.txt", .hint = ".json"},
      {.flag = "", .variable = "ARKOUDA_TARGETS_FILES", .value = "a.json,", .hint = ".json"},
      {.flag = "", .variable = "ARKOUDA_EXPORTER_PROBE_ALLOW", .value = ",", .hint = "node*:5556"},
      {.flag = "--arkouda.targets-allow", .variable = "", .value = "node1", .hint = "node*:5556"},
      {.flag = "",
       .variable = "ARKOUDA_EXPORTER_TARGETS_ALLOW",
       .value = "node1:1,",
       .hint = "node*:5556"},
      {.flag = "--arkouda.targets-owner-label", .variable = "", .value = "user", .hint = "metrics"},
      {.flag = "",
       .variable = "ARKOUDA_EXPORTER_TARGETS_OWNER_LABEL",
       .value = "arkouda_server_name",
       .hint = "one name"},
      {.flag = "--arkouda.timeout", .variable = "", .value = "soon", .hint = "500ms"},
      {.flag = "", .variable = "ARKOUDA_METRICS_TIMEOUT", .value = "0", .hint = "duration"},
      {.flag = "--arkouda.max-reply-bytes", .variable = "", .value = "1GB", .hint = "bytes"},
      {.flag = "", .variable = "ARKOUDA_METRICS_MAX_REPLY_BYTES", .value = "0", .hint = "bytes"},
      {.flag = "--arkouda.timezone", .variable = "", .value = "Mars/Olympus", .hint = "zone"},
      {.flag = "", .variable = "ARKOUDA_METRICS_TIMEZONE", .value = "../passwd", .hint = "zone"},
      {.flag = "--polling-interval", .variable = "", .value = "5 parsecs", .hint = "500ms"},
      {.flag = "", .variable = "METRICS_POLLING_INTERVAL", .value = "0", .hint = "duration"},
      {.flag = "", .variable = "POLLING_INTERVAL_SECONDS", .value = "5x", .hint = "500ms"},
      {.flag = "", .variable = "ARKOUDA_METRICS_POLLING_INTERVAL", .value = "-5", .hint = "500ms"},
      {.flag = "", .variable = "ARKOUDA_EXPORTER_POLLING_INTERVAL", .value = "1.5", .hint = "15s"},
      {.flag = "--web.listen-address", .variable = "", .value = "5080", .hint = ":5080"},
      {.flag = "--web.listen-address", .variable = "", .value = "::1:5080", .hint = "[::1]:5080"},
      {.flag = "--web.listen-address", .variable = "", .value = "\"a\":5080", .hint = "quotes"},
      {.flag = "--web.listen-address", .variable = "", .value = "$HOST:5080", .hint = "variable"},
      {.flag = "", .variable = "METRICS_SCRAPE_PORT", .value = "http", .hint = "port"},
      {.flag = "", .variable = "EXPORT_PORT", .value = "70000", .hint = "port"},
      {.flag = "--web.telemetry-path", .variable = "", .value = "metrics", .hint = "/metrics"},
      {.flag = "--log.level", .variable = "", .value = "loud", .hint = "debug"},
      {.flag = "", .variable = "LOG_LEVEL", .value = "5", .hint = "debug"},
      {.flag = "--log.format", .variable = "", .value = "xml", .hint = "json"},
      {.flag = "", .variable = "LOG_FORMAT", .value = "xml", .hint = "json"},
  };
  return options;
}

// Adds what the server's address takes, unless the option is about that.
Environment ServerIn(const Simulator& simulator) {
  return {{"ARKOUDA_METRICS_SERVICE_HOST", "127.0.0.1"},
          {"ARKOUDA_METRICS_SERVICE_PORT", std::to_string(simulator.port())}};
}

void Add(const BadOption& option, Arguments& arguments, Environment& environment) {
  if (option.flag.empty()) {
    environment[option.variable] = option.value;
    // The weaker name of a row is only read when the stronger one isn't set.
    if (option.variable == "ARKOUDA_METRICS_SERVICE_NAME") {
      environment.erase("ARKOUDA_METRICS_SERVICE_HOST");
    }
  } else {
    arguments.push_back(option.flag + "=" + option.value);
  }
}

// The value as it stands in the message, where quotes and backslashes are escaped.
std::string Escaped(const std::string& value) {
  std::string out;
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

TEST_F(OptionsTest, BadValueIsNamedInOneLineBeforeAnythingIsStarted) {
  Simulator& simulator = StartSimulator();
  for (const BadOption& option : BadOptions()) {
    SCOPED_TRACE(::testing::PrintToString(option));
    Arguments arguments;
    Environment environment = ServerIn(simulator);
    Add(option, arguments, environment);
    const Finished exporter = RunToEnd(kExporterBinary, arguments, environment);
    EXPECT_EQ(exporter.ending, Exited(2));
    EXPECT_EQ(exporter.out, "");
    const std::vector<std::string> lines = Lines(exporter.err);
    ASSERT_EQ(lines.size(), 1U) << exporter.err;
    EXPECT_THAT(lines.front(), AllOf(HasSubstr(option.name()), HasSubstr(Escaped(option.value)),
                                     HasSubstr(option.hint)));
  }
  const SimulatorReport report = simulator.Report();
  EXPECT_EQ(report.requests, 0);
  EXPECT_EQ(report.connections, 0);
}

TEST_F(OptionsTest, AnIpv6AddressIsAskedWithAndWithoutBracketsAndWithAZone) {
  if (!HasIpv6Loopback()) GTEST_SKIP() << "this machine has no ::1, IPv6 is not tested";
  Simulator& simulator = StartSimulator();
  for (const char* host :
       {"::ffff:127.0.0.1", "[::ffff:127.0.0.1]", "::ffff:127.0.0.1%lo", "[::ffff:127.0.0.1%1]"}) {
    SCOPED_TRACE(host);
    Environment environment = ServerIn(simulator);
    environment["ARKOUDA_METRICS_SERVICE_HOST"] = host;
    const Finished exporter = RunToEnd(kExporterBinary, {"--once"}, environment);
    EXPECT_EQ(exporter.ending, Exited(0)) << exporter.err;  // it had an answer
  }
}

TEST_F(OptionsTest, SeveralBadValuesAreAllNamed) {
  const Finished exporter =
      RunToEnd(kExporterBinary, {"--arkouda.port=x", "--polling-interval=y", "--log.level=z"},
               {{"ARKOUDA_METRICS_TIMEOUT", "t"}, {"EXPORT_PORT", "e"}, {"LOG_FORMAT", "f"}});
  EXPECT_EQ(exporter.ending, Exited(2));
  EXPECT_EQ(Lines(exporter.err).size(), 6U) << exporter.err;
  for (const char* name :
       {"--arkouda.port=\"x\"", "--polling-interval=\"y\"", "--log.level=\"z\"",
        "ARKOUDA_METRICS_TIMEOUT=\"t\"", "EXPORT_PORT=\"e\"", "LOG_FORMAT=\"f\""}) {
    EXPECT_THAT(exporter.err, HasSubstr(name));
  }
}

TEST_F(OptionsTest, UnknownFlagsAndStrayWordsAreNamed) {
  for (const char* argument : {"--no-such-flag=1", "--no-such-flag", "stray", "-x"}) {
    SCOPED_TRACE(argument);
    const Finished exporter = RunToEnd(kExporterBinary, {argument});
    EXPECT_EQ(exporter.ending, Exited(2));
    EXPECT_EQ(Lines(exporter.err).size(), 1U) << exporter.err;
    const std::string name =
        std::string(argument).substr(std::string(argument).find_first_not_of('-'));
    EXPECT_THAT(exporter.err, HasSubstr(name.substr(0, name.find('='))));
  }
}

TEST_F(OptionsTest, PortInUseIsNamedBeforeTheServerIsAsked) {
  Simulator& simulator = StartSimulator();
  const MuteListener other;
  const std::string address = "127.0.0.1:" + std::to_string(other.port());
  const Finished exporter =
      RunToEnd(kExporterBinary, Watching(simulator.port(), {"--web.listen-address=" + address}));
  EXPECT_EQ(exporter.ending, Exited(2));
  EXPECT_EQ(exporter.out, "");
  EXPECT_EQ(Lines(exporter.err).size(), 1U) << exporter.err;
  EXPECT_THAT(exporter.err,
              AllOf(HasSubstr("--web.listen-address"), HasSubstr(address), HasSubstr("in use")));
  EXPECT_EQ(simulator.Report().connections, 0);
}

TEST_F(OptionsTest, PortInUseFromTheEnvironmentIsNamedByItsVariable) {
  const MuteListener other;
  const std::string port = std::to_string(other.port());
  const Finished exporter = RunToEnd(kExporterBinary, {}, {{"EXPORT_PORT", port}});
  EXPECT_EQ(exporter.ending, Exited(2));
  EXPECT_EQ(Lines(exporter.err).size(), 1U) << exporter.err;
  EXPECT_THAT(exporter.err, AllOf(HasSubstr("EXPORT_PORT"), HasSubstr(port), HasSubstr("in use")));
}

TEST_F(OptionsTest, SecondOfTwoAddressesInUseStopsTheStartToo) {
  const MuteListener other;
  const std::string address = "127.0.0.1:" + std::to_string(other.port());
  const Finished exporter = RunToEnd(
      kExporterBinary, {"--web.listen-address=127.0.0.1:0", "--web.listen-address=" + address});
  EXPECT_EQ(exporter.ending, Exited(2));
  EXPECT_THAT(exporter.err, HasSubstr(address));
}

TEST_F(OptionsTest, ServiceLinkInAPortVariableIsPassedOverWithAWarning) {
  Simulator& simulator = StartSimulator();
  for (const char* variable :
       {"ARKOUDA_METRICS_SERVICE_PORT", "METRICS_SCRAPE_PORT", "EXPORT_PORT"}) {
    SCOPED_TRACE(variable);
    const Finished exporter =
        RunToEnd(kExporterBinary, Watching(simulator.port(), {kPatient, "--once"}),
                 {{variable, "tcp://10.0.0.7:5556"}});
    EXPECT_EQ(exporter.ending, Exited(0)) << exporter.err;
    // The flag that the test gives for Arkouda's port beats its variables, which nobody reads then.
    if (std::string(variable).starts_with("ARKOUDA")) continue;
    EXPECT_EQ(Lines(exporter.err).size(), 1U) << exporter.err;
    EXPECT_THAT(exporter.err, AllOf(HasSubstr("level=warn"), HasSubstr(variable),
                                    HasSubstr("tcp://10.0.0.7:5556"), HasSubstr("service link")));
  }
}

TEST_F(OptionsTest, VariableBehindAServiceLinkCounts) {
  const FreePort port;
  const std::string number = std::to_string(port.number());
  Process exporter(kExporterBinary, {"--polling-interval=1h"},
                   {{"METRICS_SCRAPE_PORT", "tcp://10.0.0.7:5080"}, {"EXPORT_PORT", number}});
  EXPECT_TRUE(exporter.AwaitStderr("msg=listening.*:" + number));
  // What the container's own health check sees is the same environment.
  EXPECT_EQ(RunToEnd(kExporterBinary, {"--healthcheck"},
                     {{"METRICS_SCRAPE_PORT", "tcp://10.0.0.7:5080"}, {"EXPORT_PORT", number}})
                .ending,
            Exited(0));
  exporter.Signal(SIGTERM);
  EXPECT_EQ(exporter.Wait(), Exited(0));
}

TEST_F(OptionsTest, VariablesThatKubernetesInjectsJustWork) {
  Simulator& simulator = StartSimulator();
  Process exporter(kExporterBinary, {"--web.listen-address=127.0.0.1:0"}, ServerIn(simulator));
  EXPECT_TRUE(exporter.AwaitStderr("msg=\"connected to Arkouda\""));
  EXPECT_THAT(exporter.Stderr(), ::testing::Not(HasSubstr("level=warn")));
  exporter.Signal(SIGTERM);
  EXPECT_EQ(exporter.Wait(), Exited(0));
}

TEST_F(OptionsTest, FlagBeatsEnvironmentAndEnvironmentBeatsDefault) {
  Simulator& simulator = StartSimulator();
  Exporter& by_flag = StartExporter(simulator, {"--arkouda.server-name=flag", kPatient},
                                    {{"ARKOUDA_METRICS_SERVER_NAME", "variable"},
                                     {"ARKOUDA_METRICS_SERVICE_HOST", "nowhere.invalid"}});
  Exporter& by_variable =
      StartExporter(simulator, {kPatient}, {{"ARKOUDA_METRICS_SERVER_NAME", "variable"}});
  Exporter& by_default = StartExporter(simulator, {kPatient});
  for (const auto& [exporter, name] :
       {std::pair(&by_flag, "flag"), std::pair(&by_variable, "variable"),
        std::pair(&by_default, "arkouda-metrics")}) {
    EXPECT_TRUE(exporter->AwaitUp());
    EXPECT_EQ(exporter->Scrape().LabelValues("arkouda_memory_per_locale", "arkouda_server_name"),
              std::set<std::string>{name});
  }
  // Three exporters, three requests.
  simulator.AllowWaiting(3, "one for each exporter");
}

TEST_F(OptionsTest, LeftmostOfTwoDisagreeingVariablesWinsWithAWarningThatNamesBoth) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient},
                                     {{"ARKOUDA_METRICS_SERVER_NAME", "left"},
                                      {"ARKOUDA_SERVER_NAME", "right"},
                                      {"LOG_LEVEL", ""},
                                      {"LOG_FORMAT", "logfmt"}});
  EXPECT_TRUE(exporter.AwaitUp());
  EXPECT_EQ(exporter.Scrape().LabelValues("arkouda_memory_per_locale", "arkouda_server_name"),
            std::set<std::string>{"left"});
  std::vector<std::string> warnings;
  for (const std::string& line : Lines(exporter.process().Stderr())) {
    if (line.find("level=warn") != std::string::npos) warnings.push_back(line);
  }
  ASSERT_EQ(warnings.size(), 1U) << exporter.process().Stderr();
  EXPECT_THAT(warnings.front(),
              AllOf(HasSubstr("ARKOUDA_METRICS_SERVER_NAME"), HasSubstr("ARKOUDA_SERVER_NAME")));
}

TEST_F(OptionsTest, AgreeingVariablesAndEmptyOnesNeedNoWarning) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient},
                                     {{"ARKOUDA_METRICS_SERVER_NAME", "same"},
                                      {"ARKOUDA_SERVER_NAME", "same"},
                                      {"METRICS_POLLING_INTERVAL", ""},
                                      {"ARKOUDA_METRICS_TIMEOUT", ""},
                                      {"ARKOUDA_TOKEN_FILE", ""},
                                      {"EXPORT_PORT", ""}});
  EXPECT_TRUE(exporter.AwaitUp());
  EXPECT_THAT(exporter.process().Stderr(), ::testing::Not(HasSubstr("level=warn")));
}

TEST_F(OptionsTest, CheckStartsNothing) {
  Simulator& simulator = StartSimulator();
  const MuteListener other;  // a port in use is no matter of a check
  const Finished exporter = RunToEnd(
      kExporterBinary, Watching(simulator.port(), {"--check", "--web.listen-address=127.0.0.1:" +
                                                                  std::to_string(other.port())}));
  EXPECT_EQ(exporter.ending, Exited(0));
  EXPECT_EQ(exporter.out, "Settings and files can be used.\n");
  EXPECT_EQ(exporter.err, "");
  EXPECT_EQ(simulator.Report().connections, 0);
}

TEST_F(OptionsTest, CheckNamesAllThatIsWrong) {
  const TempDir dir;
  dir.Write("token", "\n");
  const Finished exporter =
      RunToEnd(kExporterBinary, {"--check", "--arkouda.port=x", "--once.output=/nonexistent/page"},
               {{"ARKOUDA_TOKEN_FILE", (dir.path() / "token").string()}, {"LOG_FORMAT", "f"}});
  EXPECT_EQ(exporter.ending, Exited(2));
  EXPECT_EQ(exporter.out, "");
  EXPECT_EQ(Lines(exporter.err).size(), 4U) << exporter.err;
  for (const char* name :
       {"--arkouda.port=\"x\"", "--once.output=", "ARKOUDA_TOKEN_FILE=", "LOG_FORMAT=\"f\""}) {
    EXPECT_THAT(exporter.err, HasSubstr(name));
  }
}

TEST_F(OptionsTest, CheckNamesWhatIsWrongInTargetsFilesBesideTheSettings) {
  const TempDir dir;
  dir.Write("a.json", R"([{"targets": ["node1:5556", "node2"]},
{"targets": ["node3:5556"], "labels": {"locale_name": "x"}},
{"targets": ["node4:5556"], "labels": {"le": "x"}},
{"targets": ["node5:5556"]}])");
  dir.Write("b.yml", "- targets: [node9:5556]\n- targets: [node1:5556]\n");
  const std::string folder = dir.path().string();
  const Finished exporter =
      RunToEnd(kExporterBinary, {"--check", "--arkouda.host=node9", "--log.level=loud",
                                 "--arkouda.targets-file=" + folder + "/*.json",
                                 "--arkouda.targets-file=" + folder + "/b.yml"});
  EXPECT_EQ(exporter.ending, Exited(2));
  EXPECT_EQ(exporter.out, "");
  EXPECT_EQ(Lines(exporter.err).size(), 6U) << exporter.err;
  EXPECT_THAT(exporter.err, HasSubstr("--log.level=\"loud\""));
  for (const char* fault :
       {"/a.json:1: target node2: it has no port", "/a.json:2: label locale_name",
        "/a.json:3: label le", "/b.yml:1: ", "/b.yml:2: "}) {
    EXPECT_THAT(exporter.err, HasSubstr(folder + fault));
  }
  EXPECT_THAT(exporter.err, HasSubstr("--arkouda.host")) << "which has node9 already";
}

TEST_F(OptionsTest, CheckWarnsOfATargetsFileThatMayComeLater) {
  const TempDir dir;
  const std::string file = (dir.path() / "later.json").string();
  const Finished exporter =
      RunToEnd(kExporterBinary, {"--check"}, {{"ARKOUDA_TARGETS_FILES", file}});
  EXPECT_EQ(exporter.ending, Exited(0));
  EXPECT_EQ(Lines(exporter.err).size(), 1U) << exporter.err;
  EXPECT_THAT(exporter.err, AllOf(HasSubstr("level=warn"), HasSubstr(file)));
}

TEST_F(OptionsTest, VersionNamesRevisionCompilerAndLibraries) {
  const Finished exporter = RunToEnd(kExporterBinary, {"--version"});
  EXPECT_EQ(exporter.ending, Exited(0));
  EXPECT_EQ(exporter.err, "");
  EXPECT_THAT(Lines(exporter.out).front(), AllOf(HasSubstr("prometheus-arkouda-exporter"),
                                                 HasSubstr("revision"), HasSubstr("GNU")));
  for (const char* library :
       {"libzmq", "libmicrohttpd", "simdjson", "nlohmann", "cxxopts", "spdlog", "fmt"}) {
    EXPECT_THAT(exporter.out, HasSubstr(library));
  }
}

TEST_F(OptionsTest, HelpNeedsNothingElseToBeRight) {
  const Finished exporter = RunToEnd(kExporterBinary, {"--help", "--arkouda.port=none"});
  EXPECT_EQ(exporter.ending, Exited(0));
  EXPECT_EQ(exporter.err, "");
  EXPECT_THAT(exporter.out, HasSubstr("--arkouda.port"));
}

}  // namespace
}  // namespace arkouda_exporter::testing
