#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "test/support/exporter_test.h"
#include "test/support/temp_dir.h"

// What Python's prometheus_client has to say about the page: its reader of OpenMetrics is the
// strictest that there is.

namespace arkouda_exporter::testing {
namespace {

class OpenMetricsTest : public ExporterTest {
 protected:
  void SetUp() override {
    const Finished probed = RunToEnd("/usr/bin/python3", {"-c", "import prometheus_client"});
    if (probed.ending == Exited(0)) return;
    ASSERT_EQ(std::getenv("CI"), nullptr) << probed.err;
    GTEST_SKIP() << "Python's prometheus_client is not here: " << probed.err;
  }

  // Reads both pages, and fails unless they have the same families with the same samples.
  static Finished Compare(const std::string& open_metrics, const std::string& text) {
    const TempDir directory;
    constexpr const char* kScript = R"(
import sys
from prometheus_client import parser
import prometheus_client.openmetrics.parser as strict

def series(families):
    found = {}
    for family in families:
        kind = {"unknown": "untyped"}.get(family.type, family.type)
        assert family.documentation, family.name
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, key
            found[key] = (kind, None if sample.name.startswith("process_") else sample.value)
    return found

ours, theirs = [open(name, encoding="utf-8").read() for name in sys.argv[1:]]
a = series(strict.text_string_to_metric_families(ours))
b = series(parser.text_string_to_metric_families(theirs))
assert a == b, sorted(a.items() ^ b.items())
print(len(a))
)";
    return RunToEnd("/usr/bin/python3", {"-c", kScript, directory.Write("open", open_metrics),
                                         directory.Write("text", text)});
  }
};

TEST_F(OpenMetricsTest, PageIsReadByTheStrictestReaderAndIsTheSameAsTheText) {
  Simulator& simulator = StartSimulator({"--fault", "wrong-types", "--fault-after", "0"});
  Exporter& exporter = StartExporter(simulator, {kPatient, "--polling-interval=1h"});
  EXPECT_TRUE(exporter.AwaitUp());
  const std::string open_metrics =
      Curl({"--header", "Accept: application/openmetrics-text", exporter.Url("/metrics")}).body;
  const Finished compared = Compare(open_metrics, exporter.Get("/metrics").body);
  EXPECT_EQ(compared.ending, Exited(0)) << compared.err;
  EXPECT_NE(compared.out, "0\n");
}

}  // namespace
}  // namespace arkouda_exporter::testing
