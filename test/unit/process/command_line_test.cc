#include "exporter/process/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "test/support/temp_dir.h"

namespace arkouda_exporter {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Variables = std::map<std::string, std::string>;

tl::expected<CommandLine, std::vector<std::string>> Parse(std::vector<std::string> flags,
                                                          const Variables& variables = {}) {
  flags.insert(flags.begin(), "prometheus-arkouda-exporter");
  std::vector<const char*> argv;
  for (const std::string& flag : flags) argv.push_back(flag.c_str());
  return ParseCommandLine(static_cast<int>(argv.size()), argv.data(), [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

Settings Parsed(const std::vector<std::string>& flags, const Variables& variables = {}) {
  auto line = Parse(flags, variables);
  if (!line) {
    ADD_FAILURE() << ::testing::PrintToString(line.error());
    return {};
  }
  EXPECT_THAT(line->warnings, IsEmpty());
  return line->settings;
}

std::vector<std::string> Errors(const std::vector<std::string>& flags,
                                const Variables& variables = {}) {
  auto line = Parse(flags, variables);
  return line ? std::vector<std::string>{} : line.error();
}

// One row of the README's table: values that can be told apart, and how they show.
struct RowCase {
  std::string flag;
  std::vector<std::string> variables;
  std::string first;        // given to the flag
  std::string second;       // given to a variable
  std::string shown_first;  // what Show makes of the parsed value
  std::string shown_second;
  std::string shown_default;
  std::string bad;
  std::string expected;  // of the error
  std::string (*show)(const Settings&);
};

std::string ShowListenAddresses(const Settings& settings) {
  std::string out;
  for (const HostPort& address : settings.web.listen_addresses) out += address.ToString() + " ";
  return out;
}

std::string ShowTimeZone(const TimeZone& zone) {
  if (zone == TimeZone::Local()) return "local";
  for (const char* const name : {"UTC", "America/New_York"}) {
    if (zone == TimeZone::Named(name)) return name;
  }
  return "another";
}

const std::vector<RowCase>& Cases() {
  static const std::vector<RowCase> cases = {
      {"arkouda.host",
       {"ARKOUDA_METRICS_SERVICE_HOST", "ARKOUDA_METRICS_SERVICE_NAME"},
       "[fd00::7]",
       "10.0.0.7",
       "fd00::7",
       "10.0.0.7",
       "localhost",
       "tcp://node1:5556",
       "it is a URL; expected a host name or address alone; the port goes to --arkouda.port",
       [](const Settings& s) { return s.arkouda.default_target->address.host; }},
      {"arkouda.port",
       {"ARKOUDA_METRICS_SERVICE_PORT"},
       "1",
       "65535",
       "1",
       "65535",
       "5556",
       "65536",
       "expected a port from 1 to 65535",
       [](const Settings& s) { return std::to_string(s.arkouda.default_target->address.port); }},
      {"arkouda.server-name",
       {"ARKOUDA_METRICS_SERVER_NAME", "ARKOUDA_SERVER_NAME"},
       "my \"ark\"",
       "two",
       "my \"ark\"",
       "two",
       "arkouda-metrics",
       "\xff",
       "expected a label value in UTF-8, not empty",
       [](const Settings& s) { return s.arkouda.default_target->server_name; }},
      {"arkouda.user",
       {"ARKOUDA_METRICS_USER"},
       "alice",
       "bob",
       "alice",
       "bob",
       "prometheus-arkouda-exporter",
       "al\"ice",
       "expected a name in UTF-8 without quotes, backslashes and control characters, which could "
       "halt the server",
       [](const Settings& s) { return s.arkouda.user; }},
      {"arkouda.timeout",
       {"ARKOUDA_METRICS_TIMEOUT"},
       "2",
       "500ms",
       "2000",
       "500",
       "5000",
       "soon",
       "expected a duration such as 15, 15s, 500ms or 1m",
       [](const Settings& s) { return std::to_string(s.arkouda.timeout.count()); }},
      {"arkouda.max-reply-bytes",
       {"ARKOUDA_METRICS_MAX_REPLY_BYTES"},
       "1",
       "2147483647",
       "1",
       "2147483647",
       "268435456",
       "256MiB",
       "expected a number of bytes from 1 to 2147483647",
       [](const Settings& s) { return std::to_string(s.arkouda.max_reply_bytes); }},
      {"arkouda.max-label-length",
       {"ARKOUDA_METRICS_MAX_LABEL_LENGTH"},
       "64",
       "0",
       "64",
       "0",
       "1024",
       "63",
       "expected a number of bytes from 64 to 2147483647, or 0 for any",
       [](const Settings& s) { return std::to_string(s.metrics.max_label_length); }},
      {"arkouda.timezone",
       {"ARKOUDA_METRICS_TIMEZONE"},
       "America/New_York",
       "UTC",
       "America/New_York",
       "UTC",
       "local",
       "Mars/Olympus",
       "expected a time zone of the system's tzdata such as UTC or America/New_York",
       [](const Settings& s) { return ShowTimeZone(s.arkouda.timezone); }},
      {"polling-interval",
       {"METRICS_POLLING_INTERVAL", "POLLING_INTERVAL_SECONDS", "ARKOUDA_METRICS_POLLING_INTERVAL",
        "ARKOUDA_EXPORTER_POLLING_INTERVAL"},
       "1m",
       "15",
       "60000",
       "15000",
       "5000",
       "99ms",
       "expected a duration from 100ms to 24h",
       [](const Settings& s) { return std::to_string(s.arkouda.polling_interval.count()); }},
      {"web.telemetry-path",
       {},
       "/arkouda/metrics",
       "",
       "/arkouda/metrics",
       "",
       "/metrics",
       "metrics",
       "expected a path such as /metrics, not /sd, not /probe and not below /-/",
       [](const Settings& s) { return s.web.telemetry_path; }},
      {"log.level",
       {"LOG_LEVEL"},
       "debug",
       "WARNING",
       "0",
       "2",
       "1",
       "loud",
       "expected debug, info, warn or error",
       [](const Settings& s) { return std::to_string(static_cast<int>(s.log.level)); }},
      {"log.format",
       {"LOG_FORMAT"},
       "json",
       "JSON",
       "1",
       "1",
       "0",
       "xml",
       "expected logfmt or json",
       [](const Settings& s) { return std::to_string(static_cast<int>(s.log.format)); }},
  };
  return cases;
}

class OptionRow : public ::testing::TestWithParam<RowCase> {};

TEST_P(OptionRow, FlagBeatsEnvironmentBeatsDefault) {
  const RowCase& row = GetParam();
  const std::string flag = "--" + row.flag;
  EXPECT_EQ(row.show(Parsed({})), row.shown_default);
  EXPECT_EQ(row.show(Parsed({flag + "=" + row.first})), row.shown_first);
  EXPECT_EQ(row.show(Parsed({flag, row.first})), row.shown_first);
  for (const std::string& variable : row.variables) {
    EXPECT_EQ(row.show(Parsed({}, {{variable, row.second}})), row.shown_second) << variable;
    EXPECT_EQ(row.show(Parsed({}, {{variable, ""}})), row.shown_default)
        << "set but empty counts as unset";
    EXPECT_EQ(row.show(Parsed({flag + "=" + row.first}, {{variable, row.second}})),
              row.shown_first);
    EXPECT_EQ(row.show(Parsed({flag + "=" + row.first}, {{variable, row.bad}})), row.shown_first)
        << "what a flag overrides is not looked at";
  }
}

TEST_P(OptionRow, OfTwoVariablesThatDisagreeTheLeftmostWinsWithAWarning) {
  const RowCase& row = GetParam();
  if (row.variables.size() < 2) return;
  for (std::size_t i = 1; i < row.variables.size(); ++i) {
    const auto line = Parse({}, {{row.variables[0], row.second}, {row.variables[i], row.first}});
    ASSERT_TRUE(line) << ::testing::PrintToString(line.error());
    EXPECT_EQ(row.show(line->settings), row.shown_second);
    ASSERT_THAT(line->warnings, SizeIs(1));
    EXPECT_THAT(line->warnings[0], HasSubstr(row.variables[0] + "="));
    EXPECT_THAT(line->warnings[0], HasSubstr(row.variables[i] + "="));
    EXPECT_EQ(
        row.show(Parsed({}, {{row.variables[0], row.second}, {row.variables[i], row.second}})),
        row.shown_second)
        << "the same twice is no disagreement";
  }
}

TEST_P(OptionRow, ABadValueIsNamedWithItsFlagOrVariableAndWhatWouldBeRight) {
  const RowCase& row = GetParam();
  const std::string shown_bad = row.bad == "\xff"      ? "\\xff"
                                : row.bad == "al\"ice" ? "al\\\"ice"
                                                       : row.bad;
  EXPECT_THAT(Errors({"--" + row.flag + "=" + row.bad}),
              ElementsAre("--" + row.flag + "=\"" + shown_bad + "\": " + row.expected));
  for (const std::string& variable : row.variables) {
    EXPECT_THAT(Errors({}, {{variable, row.bad}}),
                ElementsAre(variable + "=\"" + shown_bad + "\": " + row.expected));
  }
  if (row.flag != "arkouda.timezone") {
    EXPECT_THAT(Errors({"--" + row.flag + "="}), SizeIs(1)) << "an empty flag is no value";
  }
}

INSTANTIATE_TEST_SUITE_P(EveryRow, OptionRow, ::testing::ValuesIn(Cases()), [](const auto& test) {
  std::string name = test.param.flag;
  for (char& c : name) {
    if (c == '.' || c == '-') c = '_';
  }
  return name;
});

TEST(CommandLineTest, ListenAddressesAreRepeatableAndComeFromPortsInTheEnvironment) {
  EXPECT_EQ(ShowListenAddresses(Parsed({})), ":5080 ");
  EXPECT_EQ(ShowListenAddresses(Parsed({"--web.listen-address=:0", "--web.listen-address",
                                        "127.0.0.1:5080", "--web.listen-address=[::1]:9"})),
            ":0 127.0.0.1:5080 [::1]:9 ");
  EXPECT_EQ(ShowListenAddresses(Parsed({}, {{"METRICS_SCRAPE_PORT", "9000"}})), ":9000 ");
  EXPECT_EQ(ShowListenAddresses(Parsed({}, {{"EXPORT_PORT", "9001"}})), ":9001 ");
  EXPECT_EQ(
      ShowListenAddresses(Parsed({"--web.listen-address=:1"}, {{"METRICS_SCRAPE_PORT", "9000"}})),
      ":1 ");
  const auto both = Parse({}, {{"METRICS_SCRAPE_PORT", "9000"}, {"EXPORT_PORT", "9001"}});
  ASSERT_TRUE(both);
  EXPECT_EQ(ShowListenAddresses(both->settings), ":9000 ");
  EXPECT_THAT(both->warnings,
              ElementsAre("METRICS_SCRAPE_PORT=\"9000\" is used, EXPORT_PORT=\"9001\" disagrees "
                          "and is ignored"));
  for (const char* bad :
       {"5080", ":", ":x", ":65536", "::1:5080", "[::1]", "http://a:80", "a:b:1"}) {
    EXPECT_THAT(Errors({std::string("--web.listen-address=") + bad}),
                ElementsAre(std::string("--web.listen-address=\"") + bad +
                            "\": expected HOST:PORT such as :5080, 127.0.0.1:5080 or [::1]:5080"));
  }
  EXPECT_THAT(Errors({}, {{"EXPORT_PORT", ":9001"}}),
              ElementsAre("EXPORT_PORT=\":9001\": expected a port from 0 to 65535"));
}

TEST(CommandLineTest, TheTimeoutFollowsTheIntervalUnlessItIsGiven) {
  EXPECT_EQ(Parsed({"--polling-interval=3s"}).arkouda.timeout, milliseconds(3'000));
  EXPECT_EQ(Parsed({"--polling-interval=1m"}).arkouda.timeout, milliseconds(10'000));
  EXPECT_EQ(Parsed({"--polling-interval=3s", "--arkouda.timeout=7s"}).arkouda.timeout,
            milliseconds(7'000));
}

std::string ShowDefaultTarget(const Settings& settings) {
  const auto& target = settings.arkouda.default_target;
  return target ? target->server_name + " at " + target->address.ToString() : "none";
}

TEST(CommandLineTest, TargetsFilesTakeThePlaceOfTheDefaultTargetUnlessItsHostIsGiven) {
  EXPECT_EQ(ShowDefaultTarget(Parsed({})), "arkouda-metrics at localhost:5556");
  const std::string files = "--arkouda.targets-file=a.json";
  EXPECT_EQ(ShowDefaultTarget(Parsed({files})), "none");
  EXPECT_EQ(ShowDefaultTarget(Parsed({files}, {{"ARKOUDA_METRICS_SERVICE_HOST", ""}})), "none");
  EXPECT_EQ(ShowDefaultTarget(Parsed({}, {{"ARKOUDA_TARGETS_FILES", "a.json"}})), "none");
  EXPECT_EQ(ShowDefaultTarget(Parsed({files, "--arkouda.host=node1"})),
            "arkouda-metrics at node1:5556");
  EXPECT_EQ(ShowDefaultTarget(Parsed({files, "--arkouda.server-name=alice"},
                                     {{"ARKOUDA_METRICS_SERVICE_NAME", "node1"},
                                      {"ARKOUDA_METRICS_SERVICE_PORT", "7"}})),
            "alice at node1:7");
}

TEST(CommandLineTest, WhatIsOfTargetsFilesAloneIsRefusedWithoutOne) {
  const std::string expected = ": expected together with --arkouda.targets-file";
  EXPECT_THAT(Errors({"--arkouda.targets-allow=node1:7"},
                     {{"ARKOUDA_EXPORTER_TARGETS_OWNER_LABEL", "slurm_user"}}),
              ElementsAre("--arkouda.targets-allow=\"node1:7\"" + expected,
                          "ARKOUDA_EXPORTER_TARGETS_OWNER_LABEL=\"slurm_user\"" + expected));
}

TEST(CommandLineTest, WhatIsOfTheDefaultTargetAloneIsRefusedWithoutIt) {
  const std::string expected =
      ": expected together with --arkouda.host; without it targets files name all servers";
  EXPECT_THAT(
      Errors({"--arkouda.targets-file=a.json", "--arkouda.port=7"},
             {{"ARKOUDA_SERVER_NAME", "alice"}}),
      ElementsAre("--arkouda.port=\"7\"" + expected, "ARKOUDA_SERVER_NAME=\"alice\"" + expected));
}

std::string ShowTargetsFiles(const Settings& settings) {
  std::string out;
  for (const TargetsPattern& pattern : settings.arkouda.targets_files) out += pattern.path + " ";
  return out;
}

// Which of some targets they let in.
std::string ShowAllowed(const std::vector<TargetPattern>& patterns) {
  std::string out;
  for (const char* const text : {"node1:5556", "[::1]:7", "10.0.0.7:5556"}) {
    if (MatchesAny(patterns, HostPort::Parse(text).value())) out += std::string(text) + " ";
  }
  return out;
}

TEST(CommandLineTest, FlagsAreRepeatedWhereVariablesHaveCommas) {
  EXPECT_EQ(ShowTargetsFiles(
                Parsed({"--arkouda.targets-file=a,b.json", "--arkouda.targets-file", "c/*.yml"})),
            "a,b.json c/*.yml ");
  EXPECT_EQ(ShowTargetsFiles(Parsed({}, {{"ARKOUDA_TARGETS_FILES", "a.json, c/*.yml"}})),
            "a.json c/*.yml ");
  const auto probed = [](const Settings& settings) {
    return ShowAllowed(settings.web.probe_allow);
  };
  EXPECT_EQ(probed(Parsed({"--web.probe-allow=node*:5556", "--web.probe-allow=[::1]:7"})),
            "node1:5556 [::1]:7 ");
  EXPECT_EQ(probed(Parsed({}, {{"ARKOUDA_EXPORTER_PROBE_ALLOW", "[::]/0:*, node1:*"}})),
            "node1:5556 [::1]:7 ");
  const auto named = [](const Settings& settings) {
    return ShowAllowed(settings.arkouda.targets_allow);
  };
  const std::string files = "--arkouda.targets-file=a.json";
  EXPECT_EQ(named(Parsed({files, "--arkouda.targets-allow=node*:5556-5655",
                          "--arkouda.targets-allow=10.0.0.0/8:*"})),
            "node1:5556 10.0.0.7:5556 ");
  EXPECT_EQ(named(Parsed({files}, {{"ARKOUDA_EXPORTER_TARGETS_ALLOW", "[::1]:7, node1:*"}})),
            "node1:5556 [::1]:7 ");
  EXPECT_EQ(probed(Parsed({"--web.probe-allow=[::1]:*"})), "[::1]:7 ");
  EXPECT_EQ(probed(Parsed({})), "");
  EXPECT_THAT(Errors({}, {{"ARKOUDA_TARGETS_FILES", "a.json,b.txt,c.json"}}),
              ElementsAre(HasSubstr("=\"a.json,b.txt,c.json\": \"b.txt\": expected")));
  for (const char* texts : {",a.json", "a.json,", "a.json,,b.json", " "}) {
    EXPECT_THAT(
        Errors({}, {{"ARKOUDA_TARGETS_FILES", texts}}),
        ElementsAre(HasSubstr("\": expected the name of a file that ends in .json, .yml or .yaml")))
        << texts;
  }
  EXPECT_THAT(Errors({"--web.probe-allow="}), ElementsAre(HasSubstr("such as node*:5556")));
}

TEST(CommandLineTest, ACheckReadsAllSettings) {
  EXPECT_EQ(Parsed({"--check"}).command, Command::kCheck);
  const testing::TempDir dir;
  const std::string page = (dir.path() / "page.prom").string();
  EXPECT_EQ(Parsed({"--check", "--once.output=" + page}).once_output, page)
      << "what is for --once is checked, too";
  EXPECT_THAT(Errors({"--check", "--log.level=loud", "--arkouda.token-file=/nonexistent"},
                     {{"EXPORT_PORT", "x"}}),
              ::testing::UnorderedElementsAre(HasSubstr("loud"), HasSubstr("No such file"),
                                              HasSubstr("EXPORT_PORT")));
  EXPECT_THAT(Errors({"--check", "--once"}),
              ElementsAre("--once, --check: expected only one of them"));
}

TEST(CommandLineTest, ACheckReadsTheWebConfigurationToo) {
  const testing::TempDir dir;
  const std::string path = dir.Write("web.yml", "http_server_config: {http2: true}\n");
  const auto line = Parse({"--check", "--web.config.file=" + path});
  ASSERT_TRUE(line) << ::testing::PrintToString(line.error());
  EXPECT_THAT(line->warnings, ElementsAre(HasSubstr("http2: it is without effect")));
  dir.Write("web.yml", "basic_auth_users: {alice: secret}\nrate_limit: 5\n");
  EXPECT_THAT(Errors({"--check"}, {{"ARKOUDA_EXPORTER_WEB_CONFIG_FILE", path}}),
              ElementsAre(HasSubstr(path + ":1: basic_auth_users.\"alice\": its password is not"),
                          HasSubstr(path + ":2: rate_limit: it is a text, expected a map")));
  dir.Write("web.yml", "tls_server_config: {cert: x, key: x}\n");
  EXPECT_THAT(Errors({"--check", "--web.config.file=" + path}),
              ElementsAre(HasSubstr(":1: tls_server_config.cert: it has no certificate"),
                          HasSubstr(":1: tls_server_config.key: it has no key")));
}

TEST(CommandLineTest, WhatKubernetesInjectsForAServiceCalledArkoudaMetricsJustWorks) {
  const Settings settings = Parsed({}, {{"ARKOUDA_METRICS_SERVICE_HOST", "10.96.7.7"},
                                        {"ARKOUDA_METRICS_SERVICE_PORT", "5556"},
                                        {"ARKOUDA_METRICS_PORT", "tcp://10.96.7.7:5556"},
                                        {"ARKOUDA_METRICS_PORT_5556_TCP", "tcp://10.96.7.7:5556"},
                                        {"ARKOUDA_METRICS_PORT_5556_TCP_PROTO", "tcp"}});
  EXPECT_EQ(settings.arkouda.default_target->address.host, "10.96.7.7");
  EXPECT_EQ(settings.arkouda.default_target->address.port, 5556);
}

TEST(CommandLineTest, AServiceLinkInAPortVariableIsPassedOverAndCalledWhatItIs) {
  for (const char* variable :
       {"ARKOUDA_METRICS_SERVICE_PORT", "METRICS_SCRAPE_PORT", "EXPORT_PORT"}) {
    const auto line = Parse({}, {{variable, "tcp://10.0.0.7:5556"}});
    ASSERT_TRUE(line.has_value()) << ::testing::PrintToString(line.error());
    EXPECT_EQ(line->settings.arkouda.default_target->address.port, 5556);
    EXPECT_EQ(ShowListenAddresses(line->settings), ":5080 ");
    ASSERT_THAT(line->warnings, SizeIs(1));
    EXPECT_THAT(line->warnings[0], HasSubstr(std::string(variable) + "=\"tcp://10.0.0.7:5556\""));
    EXPECT_THAT(line->warnings[0], HasSubstr("service link"));
    EXPECT_THAT(line->warnings[0], HasSubstr("enableServiceLinks: false"));
  }
}

TEST(CommandLineTest, AFlagWithALineEndInItsValueIsNotTakenForAnUnknownOne) {
  for (const char* flag : {"--arkouda.host=node1\r", "--arkouda.host=node1\n"}) {
    const auto errors = Errors({flag});
    ASSERT_THAT(errors, SizeIs(1));
    EXPECT_THAT(errors[0], HasSubstr("expected a value without line ends"));
  }
}

TEST(CommandLineTest, DurationsThatAreWrittenDifferentlyDoNotDisagree) {
  const auto line =
      Parse({}, {{"METRICS_POLLING_INTERVAL", "15"}, {"POLLING_INTERVAL_SECONDS", "15s"}});
  ASSERT_TRUE(line);
  EXPECT_THAT(line->warnings, IsEmpty());
}

TEST(CommandLineTest, SeveralBadValuesAreAllNamed) {
  EXPECT_THAT(Errors({"--arkouda.port=0", "--nonsense", "stray", "--log.level=loud"},
                     {{"METRICS_POLLING_INTERVAL", "never"}, {"EXPORT_PORT", "x"}}),
              ::testing::UnorderedElementsAre(
                  HasSubstr("--arkouda.port=\"0\""), HasSubstr("\"--nonsense\""),
                  HasSubstr("\"stray\""), HasSubstr("--log.level=\"loud\""),
                  HasSubstr("METRICS_POLLING_INTERVAL=\"never\""), HasSubstr("EXPORT_PORT=\"x\"")));
}

TEST(CommandLineTest, AFlagWithoutItsValueHidesNoOtherError) {
  EXPECT_THAT(Errors({"--arkouda.port"}, {{"LOG_LEVEL", "loud"}}),
              ElementsAre(HasSubstr("arkouda.port"), HasSubstr("LOG_LEVEL=\"loud\"")));
}

TEST(CommandLineTest, OddCommandLinesAreRefused) {
  EXPECT_THAT(Errors({"--arkouda.port"}), SizeIs(1));
  EXPECT_THAT(Errors({"--arkouda.port=1", "--arkouda.port=2"}),
              ElementsAre(HasSubstr("given more than once")));
  EXPECT_THAT(Errors({"--arkouda.host", "--once"}), ElementsAre(HasSubstr("--arkouda.host")));
  EXPECT_THAT(Errors({"-x"}), SizeIs(1));
  for (const char* host : {"a b", "host:5556", "a/b", "a,b", "*", "user@host", "-h"}) {
    EXPECT_THAT(Errors({std::string("--arkouda.host=") + host}), SizeIs(1)) << host;
  }
  for (const char* path : {"/-/healthy", "/a?b", "/a b", "/a#b", "/%41"}) {
    EXPECT_THAT(Errors({std::string("--web.telemetry-path=") + path}), SizeIs(1)) << path;
  }
}

TEST(CommandLineTest, ATokenFileMustHoldATokenAndIsNeverQuoted) {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "token").string();
  const auto write = [&](const std::string& text) { dir.Write("token", text); };
  write("s3cret\nsecond line\n");
  for (const auto& settings :
       {Parsed({"--arkouda.token-file=" + path}), Parsed({}, {{"ARKOUDA_TOKEN_FILE", path}})}) {
    ASSERT_TRUE(settings.arkouda.token_file);
    EXPECT_EQ(settings.arkouda.token_file->path, path);
    EXPECT_EQ(settings.arkouda.token_file->token, "s3cret");
  }
  EXPECT_FALSE(Parsed({}).arkouda.token_file);
  for (const std::string text : {"s3\"cret", "s3\\cret", "", "\n", "s3\x01cret"}) {
    write(text);
    const auto errors = Errors({}, {{"ARKOUDA_TOKEN_FILE", path}});
    ASSERT_THAT(errors, SizeIs(1)) << text;
    EXPECT_THAT(errors[0], HasSubstr("ARKOUDA_TOKEN_FILE=\"" + path + "\""));
    EXPECT_THAT(errors[0], ::testing::Not(HasSubstr("cret")));
  }
  EXPECT_THAT(Errors({"--arkouda.token-file=/dev/zero"}),
              ElementsAre(HasSubstr("at most 16384 bytes on the first line")));
  EXPECT_THAT(Errors({"--arkouda.token-file=" + path + ".missing"}),
              ElementsAre(HasSubstr("No such file")));
  EXPECT_THAT(Errors({"--arkouda.token-file=" + dir.path().string()}), SizeIs(1)) << "a folder";
}

TEST(CommandLineTest, AHealthCheckTakesTheFirstListenAddressAndNothingElse) {
  const auto asked = [](std::vector<std::string> flags, const Variables& variables = {}) {
    flags.emplace_back("--healthcheck");
    const auto line = Parse(flags, variables);
    if (!line) return ::testing::PrintToString(line.error());
    EXPECT_EQ(line->settings.command, Command::kHealthcheck);
    return line->settings.web.listen_addresses.front().ToString();
  };
  EXPECT_EQ(asked({}), ":5080");
  EXPECT_EQ(asked({"--web.listen-address=[::1]:1", "--web.listen-address=:0"}), "[::1]:1");
  EXPECT_EQ(asked({}, {{"METRICS_SCRAPE_PORT", "9000"}}), ":9000");
  EXPECT_EQ(asked({"--arkouda.port=x"}, {{"LOG_LEVEL", "loud"}}), ":5080");
}

TEST(CommandLineTest, AHealthCheckNeedsAPortThatCanBeKnown) {
  const std::string expected = ": expected a port for --healthcheck to ask; :0 stands for any";
  EXPECT_THAT(Errors({"--healthcheck", "--web.listen-address=:0"}),
              ElementsAre("--web.listen-address=\":0\"" + expected));
  EXPECT_THAT(Errors({"--healthcheck"}, {{"EXPORT_PORT", "0"}}),
              ElementsAre("EXPORT_PORT=\"0\"" + expected));
  EXPECT_THAT(Errors({"--healthcheck", "--once"}),
              ElementsAre("--once, --healthcheck: expected only one of them"));
}

TEST(CommandLineTest, HelpAndVersionNeedNothingElseToBeRight) {
  for (const auto& [flag, command] :
       {std::pair("--help", Command::kHelp), std::pair("--version", Command::kVersion)}) {
    const auto line = Parse({flag, "--arkouda.port=bad", "--nonsense", "--once", "--healthcheck"},
                            {{"LOG_LEVEL", "loud"}});
    ASSERT_TRUE(line) << ::testing::PrintToString(line.error());
    EXPECT_EQ(line->settings.command, command);
  }
  EXPECT_EQ(Parsed({"--version", "--help"}).command, Command::kHelp);
}

TEST(CommandLineTest, ACommandIsGivenOnceOrTwiceOrTakenBack) {
  EXPECT_EQ(Parsed({}).command, Command::kServe);
  EXPECT_EQ(Parsed({"--once"}).command, Command::kOnce);
  EXPECT_EQ(Parsed({"--once", "--once"}).command, Command::kOnce);
  EXPECT_EQ(Parsed({"--once=false"}).command, Command::kServe);
  EXPECT_THAT(Errors({"--once=perhaps"}), SizeIs(1));
}

TEST(CommandLineTest, OnceLogsWarningsUnlessALevelIsGiven) {
  EXPECT_EQ(Parsed({"--once"}).log.level, LogLevel::kWarn);
  EXPECT_EQ(Parsed({"--once", "--log.level=info"}).log.level, LogLevel::kInfo);
  EXPECT_EQ(Parsed({"--once"}, {{"LOG_LEVEL", "debug"}}).log.level, LogLevel::kDebug);
}

TEST(CommandLineTest, AFileForOnceIsRefusedWithoutIt) {
  const testing::TempDir dir;
  const std::string flag = "--once.output=" + (dir.path() / "page.prom").string();
  EXPECT_EQ(Parsed({"--once", flag}).once_output, (dir.path() / "page.prom").string());
  EXPECT_EQ(Parsed({"--once"}).once_output, std::nullopt);
  EXPECT_THAT(Errors({flag}), ElementsAre(HasSubstr(": expected together with --once")));
}

TEST(CommandLineTest, HelpShowsEveryRow) {
  const std::string help = HelpText();
  for (const RowCase& row : Cases()) EXPECT_THAT(help, HasSubstr("  --" + row.flag + "="));
  for (const char* command : {"--once", "--check", "--healthcheck", "--version", "--help"}) {
    EXPECT_THAT(help, HasSubstr("  " + std::string(command) + "\n"));
  }
}

TEST(CommandLineTest, ASettingIsDescribedByWhereItCameFrom) {
  const auto described = [](const std::vector<std::string>& flags, const Variables& variables) {
    const auto line = Parse(flags, variables);
    return line ? line->Describe("web.listen-address") : ::testing::PrintToString(line.error());
  };
  EXPECT_EQ(described({"--web.listen-address=:1", "--web.listen-address=:2"}, {}),
            "--web.listen-address=\":1,:2\"");
  EXPECT_EQ(described({}, {{"EXPORT_PORT", "7"}}), "EXPORT_PORT=\"7\"");
  EXPECT_EQ(described({}, {}), "--web.listen-address=\":5080\"");
}

}  // namespace
}  // namespace arkouda_exporter
