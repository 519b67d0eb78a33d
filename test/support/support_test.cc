#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "test/support/await.h"
#include "test/support/http.h"
#include "test/support/log_lines.h"
#include "test/support/network.h"
#include "test/support/page.h"
#include "test/support/process.h"
#include "test/support/temp_dir.h"

// The tests of what other tests rely on: a check that can't fail would let everything pass.

namespace arkouda_exporter::testing {
namespace {

TEST(PageTest, ReadsValuesLabelsAndEscapes) {
  const auto page = Page::Parse(
      "# HELP a help with \\n and \"quotes\"\n"
      "# TYPE a gauge\n"
      "a 1.5\n"
      "a{x=\"q\\\"b\\\\n\\nü\",y=\"\"} +Inf\n"
      "# HELP h h\n"
      "# TYPE h histogram\n"
      "h_bucket{le=\"+Inf\"} 2\n"
      "h_sum 3\n"
      "h_count 2\n");
  ASSERT_TRUE(page.has_value()) << page.error();
  EXPECT_EQ(page->Value("a"), 1.5);
  const Labels labels = {{"x", "q\"b\\n\nü"}, {"y", ""}};
  EXPECT_EQ(page->Value("a", labels), std::numeric_limits<double>::infinity());
  EXPECT_EQ(page->Value("h_bucket", {{"le", "+Inf"}}), 2);
  EXPECT_EQ(page->Value("a", {{"x", "other"}}), std::nullopt);
  EXPECT_EQ(page->families().at("h").type, "histogram");
}

TEST(PageTest, RefusesWhatPrometheusRefusesAndWhatIsUntidy) {
  const std::string a = "# HELP a a\n# TYPE a gauge\n";
  const std::string b = "# HELP b b\n# TYPE b gauge\n";
  for (const std::string& text : {
           a + "a 1",         // no newline at the end
           a + "a 1\na 2\n",  // a series twice
           a + "a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 1\n",
           a + "a 1\n" + b + "b 1\na{x=\"1\"} 1\n",  // not contiguous
           a + "a 1\n" + b + "b 1\n" + a,            // a family twice
           a + "b 1\n",                              // of no family
           std::string("a 1\n"),                     // without HELP and TYPE
           std::string("# TYPE a gauge\na 1\n"),     // without HELP
           std::string("# HELP a a\n# TYPE a gouge\na 1\n"),
           a + "a{x=\"\\t\"} 1\n",  // no such escape
           a + "a{x=\"1\" 1\n", a + "a{x=\"1\",} 1\n", a + "a{x=\"1\",x=\"2\"} 1\n", a + "a one\n",
           a + "a nan\n",
           a + "a 1 1700000000000\n",  // a time stamp
           a + "\na 1\n",
           a + "a{x=\"\xff\"} 1\n",  // no UTF-8
       }) {
    EXPECT_FALSE(Page::Parse(text).has_value()) << text;
  }
}

std::string ConsistentPage() {
  const std::string locale =
      "{arkouda_server_name=\"s\",locale_name=\"l\",locale_num=\"0\","
      "locale_hostname=\"h\"} 1\n";
  std::string text =
      "# HELP arkouda_up u\n# TYPE arkouda_up gauge\narkouda_up{arkouda_server_name=\"s\"} 1\n";
  for (const std::string name : {"arkouda_memory_per_locale", "arkouda_memory_used_per_locale"}) {
    text += "# HELP " + name + " x\n# TYPE " + name + " gauge\n" + name + locale;
  }
  const std::string info = "arkouda_server_information_info";
  return text + "# HELP " + info + " x\n# TYPE " + info + " gauge\n" + info +
         "{arkouda_server_name=\"s\",arkouda_server_hostname=\"h\",arkouda_version=\"v1\","
         "arkouda_number_of_locales=\"1\"} 1\n";
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(PageTest, ConsistencyMeansUpAndFamiliesAndVersionAndLocalesAgree) {
  const std::string text = ConsistentPage();
  EXPECT_TRUE(IsConsistent(Page::Parse(text).value()));
  const std::string info_line = text.substr(text.rfind("arkouda_server_information_info{"));
  for (const std::string& broken : {
           Replaced(text, "\"s\"} 1", "\"s\"} 0"),
           Replaced(text, "\"s\"} 1", "\"s\"} 2"),
           std::string("# HELP arkouda_up u\n# TYPE arkouda_up "
                       "gauge\narkouda_up{arkouda_server_name=\"s\"} 1\n"),
           Replaced(text, "locales=\"1\"", "locales=\"2\""),
           Replaced(text, "locale_num=", "locale_number="),
           Replaced(text, "# TYPE arkouda_memory_per_locale gauge",
                    "# TYPE arkouda_memory_per_locale counter"),
           text + "# HELP arkouda_x x\n# TYPE arkouda_x gauge\narkouda_x 1\n",
           text + Replaced(info_line, "v1", "v2"),
           Replaced(text, info_line, ""),
       }) {
    EXPECT_FALSE(IsConsistent(Page::Parse(broken).value())) << broken;
  }
}

TEST(LogLinesTest, ReadsQuotedAndPlainValues) {
  const auto line = ParseLogfmt(R"(ts=1 level=info msg="a \"b\" \\ \n c" address=[::1]:5)");
  ASSERT_TRUE(line.has_value()) << line.error();
  EXPECT_EQ(line->at("msg"), "a \"b\" \\ \n c");
  EXPECT_EQ(line->at("address"), "[::1]:5");
  EXPECT_EQ(LinesSaying("msg=x a=1\nno logfmt\nmsg=xy\nmsg=x a=2\n", "x").size(), 2U);
  for (const char* bad : {"plain words", "a=\"b", "a=1  b=2", "=1", "a=1 a=2"}) {
    EXPECT_FALSE(ParseLogfmt(bad).has_value()) << bad;
  }
}

TEST(ProcessTest, KeepsOutputAndTellsHowItEnded) {
  Process shell("sh", {"-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(shell.Wait(), Exited(3));
  EXPECT_EQ(shell.Stdout(), "out\n");
  EXPECT_EQ(shell.Stderr(), "err\n");

  Process sleeper("sleep", {"1000"});
  EXPECT_TRUE(sleeper.IsRunning());
  sleeper.Signal(SIGKILL);
  EXPECT_EQ(sleeper.Wait(), (Ending{.status = std::nullopt, .signal = SIGKILL}));
}

TEST(ProcessTest, AwaitsLinesAndGivesUpWhenTheProcessEnds) {
  Process shell("sh", {"-c", "echo port 1; echo port 2; exec sleep 1000"});
  EXPECT_TRUE(shell.AwaitStdout("^port [0-9]$", 2));
  shell.Signal(SIGTERM);
  EXPECT_FALSE(shell.AwaitStdout("^port 3$"));
}

TEST(ProcessTest, InheritsNoVariableOfTheExporter) {
  setenv("ARKOUDA_METRICS_SERVICE_HOST", "elsewhere", 1);
  setenv("UNRELATED", "here", 1);
  const Finished finished = RunToEnd("env", {}, {{"LOG_LEVEL", "debug"}});
  EXPECT_EQ(finished.out.find("elsewhere"), std::string::npos);
  EXPECT_NE(finished.out.find("UNRELATED=here\n"), std::string::npos);
  EXPECT_NE(finished.out.find("LOG_LEVEL=debug\n"), std::string::npos);
}

TEST(ProcessTest, EndsWithItsObjectEvenWhenItIgnoresSigterm) {
  pid_t pid = 0;
  {
    Process stubborn("sh", {"-c", "trap '' TERM; echo ready; exec sleep 1000"});
    ASSERT_TRUE(stubborn.AwaitStdout("ready"));
    pid = stubborn.pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST(NetworkTest, AFreePortRefusesUntilAMuteListenerWouldAccept) {
  const FreePort port;
  EXPECT_THROW(TcpClient{port.number()}, std::system_error);
  const MuteListener listener;
  EXPECT_FALSE(listener.HasClient());
  const TcpClient client(listener.port());
  EXPECT_TRUE(Await("the connection", [&] { return listener.HasClient(); }));
  EXPECT_FALSE(client.HasData());
}

TEST(HttpTest, SaysWhyThereIsNoAnswer) {
  const FreePort port;
  const HttpResponse response = HttpGet("http://127.0.0.1:" + std::to_string(port.number()) + "/");
  EXPECT_EQ(response.status, 0);
  EXPECT_NE(response.error.find("connect"), std::string::npos) << response.error;
}

TEST(TempDirTest, IsGoneAfterwards) {
  std::filesystem::path path;
  {
    const TempDir directory;
    path = directory.path();
    EXPECT_TRUE(std::filesystem::exists(directory.Write("file", "content")));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace arkouda_exporter::testing
