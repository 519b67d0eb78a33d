#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "test/support/process.h"
#include "test/support/temp_dir.h"

// Targets files are Prometheus' own: what the exporter takes, promtool takes as well.

namespace arkouda_exporter::testing {
namespace {

namespace fs = std::filesystem;

Finished CheckFile(const fs::path& file) {
  const TempDir folder;
  const std::string config =
      folder.Write("prometheus.yml", "scrape_configs: [{job_name: x, file_sd_configs: [{files: ['" +
                                         file.string() + "']}]}]\n");
  return RunToEnd("promtool", {"check", "config", config});
}

TEST(TargetsFileTest, PrometheusTakesWhatTheExporterTakes) {
  int count = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(TEST_DATA) / "targets")) {
    const fs::path& file = entry.path();
    if (file.stem().extension() != ".good" || file.extension() == ".txt") continue;
    if (file.filename() == "byte-order-mark.good.json") continue;  // which Go's reader has none of
    ++count;
    const Finished promtool = CheckFile(file);
    EXPECT_EQ(promtool.ending, Exited(0)) << file << promtool.out << promtool.err;
  }
  EXPECT_GT(count, 4);
}

TEST(TargetsFileTest, PromtoolWouldSpeakUp) {
  const Finished promtool = CheckFile(fs::path(TEST_DATA) / "targets" / "labels.bad.json");
  EXPECT_EQ(promtool.ending, Exited(1)) << promtool.out << promtool.err;
}

}  // namespace
}  // namespace arkouda_exporter::testing
