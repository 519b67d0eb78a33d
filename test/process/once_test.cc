#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "test/support/exporter_test.h"
#include "test/support/http.h"
#include "test/support/temp_dir.h"

// --once: a poll, a page on standard output, an exit status.

namespace arkouda_exporter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::set<std::string> FilesIn(const TempDir& directory) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

class OnceTest : public ExporterTest {
 protected:
  static Finished RunOnce(std::uint16_t port, const Arguments& more) {
    Arguments arguments = Watching(port, more);
    arguments.emplace_back("--once");
    return RunToEnd(kExporterBinary, arguments);
  }

  // What a page says when there was no answer: so, and nothing from Arkouda.
  static void ExpectPageOfFailure(const std::string& text, const std::string& state) {
    const auto page = Page::Parse(text);
    ASSERT_TRUE(page.has_value()) << page.error();
    EXPECT_TRUE(page->FamiliesFromArkouda().empty()) << text;
    EXPECT_EQ(page->TargetValue("arkouda_up"), 0);
    EXPECT_EQ(page->TargetValue("arkouda_exporter_target_state", {{"state", state}}), 1);
  }

  static void ExpectFailure(const Finished& once, const std::string& state,
                            const std::string& reason) {
    EXPECT_EQ(once.ending, Exited(1));
    EXPECT_THAT(once.err, HasSubstr(reason));
    ExpectPageOfFailure(once.out, state);
  }
};

TEST_F(OnceTest, PageIsWrittenToStandardOutputAndNothingElseIsSaid) {
  Simulator& simulator = StartSimulator();
  const Finished once = RunOnce(simulator.port(), {kPatient});
  EXPECT_EQ(once.ending, Exited(0)) << once.err;
  EXPECT_EQ(once.err, "") << "cron would mail it";
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
  ExpectFailure(once, "unreachable",
                "result=unreachable reason=\"no connection within --arkouda.timeout");
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
  ExpectFailure(RunOnce(port.number(), {"--arkouda.timeout=500ms"}), "unreachable", "refused");
}

TEST_F(OnceTest, ServerThatDoesNotAnswerIsTheReasonOnStandardError) {
  Simulator& simulator = StartSimulator({"--fault", "hang"});
  ExpectFailure(RunOnce(simulator.port(), {"--arkouda.timeout=500ms"}), "busy",
                "--arkouda.timeout");
}

TEST_F(OnceTest, BadReplyIsTheReasonOnStandardError) {
  Simulator& simulator = StartSimulator({"--fault", "error"});
  ExpectFailure(RunOnce(simulator.port(), {kPatient}), "unusable", "answered with an error");
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

TEST_F(OnceTest, LevelThatIsAskedForIsLogged) {
  Simulator& simulator = StartSimulator();
  EXPECT_THAT(RunOnce(simulator.port(), {kPatient, "--log.level=info"}).err,
              HasSubstr("connected"));
}

TEST_F(OnceTest, OutputFileIsReplacedWholeAndReadableByAll) {
  const TempDir directory;
  const std::string file = directory.Write("arkouda.prom", "old\n");
  ASSERT_EQ(chmod(file.c_str(), 0600), 0);
  const std::string link = (directory.path() / "link.prom").string();
  std::filesystem::create_symlink("arkouda.prom", link);
  Simulator& simulator = StartSimulator();
  const Finished up = RunToEnd(
      "sh", {"-c", "umask 077; exec \"$@\"", "sh", kExporterBinary, "--arkouda.host=127.0.0.1",
             "--arkouda.port=" + std::to_string(simulator.port()), kPatient, "--once",
             "--once.output=" + link});
  EXPECT_EQ(up.ending, Exited(0)) << up.err;
  EXPECT_EQ(up.out + up.err, "");
  const auto page = Page::Parse(ReadFile(file));
  ASSERT_TRUE(page.has_value()) << page.error();
  EXPECT_TRUE(IsConsistent(*page));
  EXPECT_EQ(page->TargetValue("arkouda_up"), 1);
  struct stat status {};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0644U);
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(FilesIn(directory), (std::set<std::string>{"arkouda.prom", "link.prom"}));
  // Also where the file is not there yet.
  std::filesystem::remove(file);
  EXPECT_EQ(RunOnce(simulator.port(), {kPatient, "--once.output=" + link}).ending, Exited(0));
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  EXPECT_EQ(FilesIn(directory), (std::set<std::string>{"arkouda.prom", "link.prom"}));

  // Arkouda goes, and so does what the page said of it.
  simulator.StopAndCheck();
  const Finished down =
      RunOnce(simulator.port(), {"--arkouda.timeout=500ms", "--once.output=" + file});
  EXPECT_EQ(down.ending, Exited(1));
  EXPECT_EQ(down.out, "");
  EXPECT_THAT(down.err, HasSubstr("refused"));
  ExpectPageOfFailure(ReadFile(file), "unreachable");
}

TEST_F(OnceTest, ClosedStandardOutputIsNoSuccess) {
  Simulator& simulator = StartSimulator();
  for (const char* output : {">&-", ">/dev/full"}) {
    Arguments arguments = {
        "-c", std::string("exec \"$@\" ") + output, "sh", kExporterBinary, kPatient, "--once"};
    for (const std::string& argument : Watching(simulator.port())) arguments.push_back(argument);
    const Finished once = RunToEnd("sh", arguments);
    EXPECT_EQ(once.ending, Exited(1)) << output;
    EXPECT_THAT(once.err, HasSubstr("standard output is closed or full"));
  }
}

TEST_F(OnceTest, OldFileIsKeptWhenTheDiskIsFull) {
  const TempDir directory;
  const std::string mount = "mount -t tmpfs -o size=32k tmpfs " + directory.path().string();
  const Arguments in_namespace = {"--mount", "--user", "--map-root-user", "sh", "-ec"};
  const auto run = [&](const std::string& script) {
    Arguments arguments = in_namespace;
    if (geteuid() == 0) arguments.erase(arguments.begin() + 1, arguments.begin() + 3);
    arguments.insert(arguments.end(),
                     {mount + "; cd " + directory.path().string() + "; " + script});
    return RunToEnd("unshare", arguments);
  };
  const Finished probed = run("true");
  if (probed.ending != Exited(0)) {
    GTEST_SKIP() << "no small file system on this machine: unshare said: " << probed.err;
  }
  Simulator& simulator = StartSimulator();
  const std::string once =
      std::string(kExporterBinary) +
      " --arkouda.host=127.0.0.1 --arkouda.port=" + std::to_string(simulator.port()) + " " +
      kPatient + " --once --once.output=arkouda.prom";
  const Finished full =
      run("echo old > arkouda.prom; head -c 1000000 /dev/zero > filler || true; status=0; " + once +
          " || status=$?; ls -A; cat arkouda.prom; exit $status");
  EXPECT_EQ(full.ending, Exited(1));
  EXPECT_EQ(full.out, "arkouda.prom\nfiller\nold\n");
  EXPECT_THAT(full.err, AllOf(HasSubstr("arkouda.prom"), HasSubstr("No space left on device"),
                              HasSubstr("the old file is kept")));
}

TEST_F(OnceTest, OutputThatIsNoFileIsRefusedBeforeAnythingStarts) {
  const TempDir directory;
  for (const std::string& path :
       {std::string(), directory.path().string(), directory.path().string() + "/no/such.prom",
        std::string("/dev/null"), std::string("/dev/stdout"), std::string("/proc/self/fd/1"),
        directory.path().string() + "/"}) {
    const Finished once = RunToEnd(kExporterBinary, {"--once", "--once.output=" + path});
    EXPECT_EQ(once.ending, Exited(2)) << path;
    EXPECT_EQ(once.err, "prometheus-arkouda-exporter: --once.output=\"" + path +
                            "\": expected a file, in a folder that is there\n");
  }
  const Finished alone =
      RunToEnd(kExporterBinary, {"--once.output=" + (directory.path() / "arkouda.prom").string()});
  EXPECT_EQ(alone.ending, Exited(2));
  EXPECT_THAT(alone.err, HasSubstr("expected together with --once"));
}

TEST_F(OnceTest, PagesOfTwoServersInOneFolderAreReadByNodeExporter) {
  const TempDir directory;
  for (const char* const name : {"alpha", "beta"}) {
    Simulator& simulator = StartSimulator();
    const Finished once =
        RunOnce(simulator.port(),
                {kPatient, std::string("--arkouda.server-name=") + name,
                 "--once.output=" + (directory.path() / (std::string(name) + ".prom")).string()});
    ASSERT_EQ(once.ending, Exited(0)) << once.err;
  }
  const FreePort port;
  const std::string address = "127.0.0.1:" + std::to_string(port.number());
  Process node_exporter(
      "prometheus-node-exporter",
      {"--web.listen-address=" + address, "--collector.disable-defaults", "--collector.textfile",
       "--collector.textfile.directory=" + directory.path().string()});
  HttpResponse response;
  ASSERT_TRUE(Await("node_exporter's page", [&] {
    response = HttpGet("http://" + address + "/metrics");
    return response.status == 200 || !node_exporter.IsRunning();
  })) << node_exporter.Stderr();
  const auto page = Page::Parse(response.body);
  ASSERT_TRUE(page.has_value()) << page.error();
  EXPECT_EQ(page->Value("node_textfile_scrape_error"), 0) << node_exporter.Stderr();
  EXPECT_EQ(page->LabelValues("arkouda_up", "arkouda_server_name"),
            (std::set<std::string>{"alpha", "beta"}));
  EXPECT_EQ(page->LabelValues("arkouda_total_number_of_requests", "arkouda_server_name"),
            (std::set<std::string>{"alpha", "beta"}));
  EXPECT_THAT(node_exporter.Stderr(), Not(HasSubstr("error gathering metrics")));
}

// The blocks of a document between ``` lines of this language.
std::vector<std::string> CodeBlocks(const std::string& document, const std::string& language) {
  std::vector<std::string> blocks;
  const std::string start = "```" + language + "\n";
  for (std::size_t at = document.find(start); at != std::string::npos;
       at = document.find(start, at)) {
    at += start.size();
    blocks.push_back(document.substr(at, document.find("```\n", at) - at));
  }
  return blocks;
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  EXPECT_NE(text.find(from), std::string::npos) << from;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

class TextfileRecipeTest : public OnceTest {
 protected:
  // A documented command, with this test's program, server and folder in their places.
  std::string Here(const std::string& command, const Simulator& simulator) const {
    std::string here =
        Replaced(command, "/usr/local/bin/prometheus-arkouda-exporter", kExporterBinary);
    here = Replaced(here, "--arkouda.host=node1",
                    "--arkouda.host=127.0.0.1 --arkouda.port=" + std::to_string(simulator.port()));
    return Replaced(here, "/var/lib/prometheus/node-exporter", directory_.path().string());
  }

  void ExpectPage(const Finished& done) const {
    EXPECT_EQ(done.ending, Exited(0));
    EXPECT_EQ(done.out + done.err, "");
    const auto page = Page::Parse(ReadFile((directory_.path() / "arkouda.prom").string()));
    ASSERT_TRUE(page.has_value()) << page.error();
    EXPECT_EQ(page->TargetValue("arkouda_up"), 1);
    EXPECT_EQ(page->TargetValue("arkouda_exporter_polling_interval_seconds"), 60);
  }

  const std::string document_ = ReadFile(TEXTFILE_DOCUMENT);
  const TempDir directory_;
};

TEST_F(TextfileRecipeTest, CronsLineWritesThePage) {
  const auto lines = CodeBlocks(document_, "cron");
  ASSERT_EQ(lines.size(), 1U);
  const std::string schedule = "* * * * * root ";
  ASSERT_TRUE(lines.front().starts_with(schedule));
  Simulator& simulator = StartSimulator();
  ExpectPage(RunToEnd("sh", {"-c", Here(lines.front().substr(schedule.size()), simulator)}));
}

TEST_F(OnceTest, BadOptionIsNotMistakenForADownServer) {
  const Finished once = RunToEnd(kExporterBinary, {"--once", "--arkouda.port=x"});
  EXPECT_EQ(once.ending, Exited(2));
  EXPECT_EQ(once.out, "");
}

}  // namespace
}  // namespace arkouda_exporter::testing
