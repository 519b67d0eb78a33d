#include <gtest/gtest.h>

#include <string>

#include "exporter/metrics/process_metrics.h"
#include "test/support/exporter_test.h"
#include "test/support/temp_dir.h"
#include "test/unit/known_target.h"

// What promtool has to say about the page: Prometheus' own parser, and its linter.

namespace arkouda_exporter::testing {
namespace {

class PromtoolTest : public ExporterTest {
 protected:
  static Finished CheckMetrics(const std::string& page) {
    const TempDir directory;
    // promtool reads standard input only.
    return RunToEnd(
        "sh", {"-c", "exec promtool check metrics < \"$1\"", "sh", directory.Write("page", page)});
  }
};

// Most names are a contract with dashboards and alerts that were written for the Python exporter,
// which knew nothing of Prometheus' naming rules (metric-families.md). Still none of them causes a
// warning of Debian 12's promtool: it looks for units, types and `_total` at a name's end, where
// the inherited names have `_per_command`, `_per_locale` and the like. So any warning is a new one.
TEST_F(PromtoolTest, PageHasNoWarnings) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  const std::string page = exporter.Get("/metrics").body;
  EXPECT_TRUE(IsConsistent(Page::Parse(page).value()));
  const Finished promtool = CheckMetrics(page);
  EXPECT_EQ(promtool.ending, Exited(0));
  EXPECT_EQ(promtool.out + promtool.err, "");

  // That it would speak up.
  const Finished about_a_bad_name =
      CheckMetrics(page + "# HELP arkouda_bad_total A gauge.\n# TYPE arkouda_bad_total gauge\n" +
                   "arkouda_bad_total 1\n");
  EXPECT_EQ(about_a_bad_name.ending, Exited(3)) << "3: warnings; 1: the page can't be parsed";
  EXPECT_NE((about_a_bad_name.out + about_a_bad_name.err).find("arkouda_bad_total"),
            std::string::npos);
}

TEST_F(PromtoolTest, PageOfTwoTargetsIsAccepted) {
  KnownTarget one("one");
  KnownTarget two("two");
  KnownTarget gone("gone");
  for (KnownTarget* const target : {&one, &two}) {
    target->Inform(R"({"hostname":"h", "version":"v", "locales":[], "number_of_locales":0})");
    ASSERT_EQ(target->Poll("[" + Entry("total", "NUM_REQUESTS", "GLOBAL", "1") + "]"),
              PollResult::kSuccess);
  }
  std::string text =
      arkouda_exporter::Page({one.snapshot(), two.snapshot(), gone.snapshot()}).Text();
  AppendFamilies(text, {{BuildInfoFamily()}});
  AppendFamilies(text, TargetsFamilies(3, {{.path = "targets.json", .is_whole = true}}));
  AppendFamilies(text, ReadProcessFamilies());
  const auto page = Page::Parse(text);
  ASSERT_TRUE(page.has_value()) << page.error();
  EXPECT_EQ(page->Value("arkouda_up", {{"arkouda_server_name", "two"}}), 1);
  EXPECT_EQ(page->Value("arkouda_up", {{"arkouda_server_name", "gone"}}), 0);
  EXPECT_EQ(page->Value("arkouda_exporter_targets"), 3);
  const Finished promtool = CheckMetrics(text);
  EXPECT_EQ(promtool.ending, Exited(0)) << promtool.out << promtool.err;
}

TEST_F(PromtoolTest, OwnFamiliesAloneHaveNoWarnings) {
  const FreePort port;
  Exporter& exporter = StartExporter(port.number());
  const Finished promtool = CheckMetrics(exporter.Get("/metrics").body);
  EXPECT_EQ(promtool.ending, Exited(0)) << promtool.out << promtool.err;
}

TEST_F(PromtoolTest, PageOfOnceCanBeParsed) {
  Simulator& simulator = StartSimulator();
  const Finished once = RunToEnd(kExporterBinary, Watching(simulator.port(), {kPatient, "--once"}));
  EXPECT_EQ(once.ending, Exited(0)) << once.err;
  const Finished promtool = CheckMetrics(once.out);
  EXPECT_EQ(promtool.ending, Exited(0)) << promtool.err;
}

TEST_F(PromtoolTest, PageWithHostileNamesAndNanCanBeParsed) {
  Simulator& simulator =
      StartSimulator({"--users", "12", "--commands", "12", "--fault", "hostile-names", "--fault",
                      "nan", "--fault", "server-info:hostile-names"});
  Exporter& exporter = StartExporter(simulator, {kPatient});
  EXPECT_TRUE(exporter.AwaitUp());
  const Finished promtool = CheckMetrics(exporter.Get("/metrics").body);
  EXPECT_EQ(promtool.ending, Exited(0)) << promtool.err;
}

}  // namespace
}  // namespace arkouda_exporter::testing
