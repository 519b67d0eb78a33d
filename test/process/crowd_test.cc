#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "test/support/await.h"
#include "test/support/exporter_test.h"
#include "test/support/temp_dir.h"

// Clients that mean no good, many at once: a scraper is served beside them, and what the exporter
// takes stays bounded.

namespace arkouda_exporter::testing {
namespace {

using ::testing::Gt;
using ::testing::Lt;

class CrowdTest : public ExporterTest {
 protected:
  using Crowd = std::vector<std::unique_ptr<TcpClient>>;

  // What the pod may take (deploy/kubernetes), and what a sanitizer needs.
  static constexpr double kMostBytes = (kIsSanitized ? 2048.0 : 128.0) * 1024 * 1024;
  static constexpr double kMostDescriptors = 600;
  static constexpr const char* kWholeRequest = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

  // Nobody's server: HTTP must be the same with and without one.
  Exporter& StartAlone() { return StartExporter(unused_port_.number(), {"--polling-interval=1h"}); }

  static Crowd Gather(const Exporter& exporter, std::size_t size, std::string_view said) {
    Crowd crowd;
    for (std::size_t i = 0; i < size; ++i) {
      crowd.push_back(std::make_unique<TcpClient>(exporter.port()));
      if (!said.empty()) crowd.back()->TrySend(said);
    }
    return crowd;
  }

  static void ExpectServed(const Exporter& exporter) {
    const Page page = exporter.Scrape();
    EXPECT_TRUE(page.TargetValue("arkouda_up"));
    EXPECT_THAT(page.Value("process_resident_memory_bytes").value_or(kMostBytes), Lt(kMostBytes));
    EXPECT_THAT(page.Value("process_open_fds").value_or(kMostDescriptors), Lt(kMostDescriptors));
  }

  // What the kernel holds for the exporter's clients.
  static std::size_t UnsentBytes(const Exporter& exporter) {
    const Finished ss =
        RunToEnd("ss", {"-Htn", "sport", "=", ":" + std::to_string(exporter.port())});
    std::size_t bytes = 0;
    for (const std::string& line : Lines(ss.out)) {
      std::istringstream columns(line);
      std::string state;
      std::size_t received = 0;
      std::size_t unsent = 0;
      if (columns >> state >> received >> unsent) bytes += unsent;
    }
    return bytes;
  }

  static ::testing::AssertionResult AwaitOfAll(const Crowd& crowd, std::string_view what,
                                               const std::function<bool(TcpClient&)>& has_come) {
    return Await(what, [&] {
      return std::all_of(crowd.begin(), crowd.end(),
                         [&](const auto& client) { return has_come(*client); });
    });
  }

 private:
  const FreePort unused_port_;
};

TEST_F(CrowdTest, TenThousandIdleConnectionsShutOutNobody) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit before = limit;
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  constexpr std::size_t kOthers = 200;  // descriptors
  const std::size_t size = std::min<std::size_t>(10'000, limit.rlim_max - kOthers);
  {
    Exporter& exporter = StartAlone();
    const Crowd crowd = Gather(exporter, size, "");
    for (int i = 0; i < 5; ++i) ExpectServed(exporter);
  }
  EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  if (size < 10'000) GTEST_SKIP() << "no more than " << size << " descriptors can be had here";
}

TEST_F(CrowdTest, AHeaderHasToBeCompleteHoweverItTrickles) {
  Exporter& exporter = StartAlone();
  const Crowd crowd = Gather(exporter, 1000, "GET /metrics HTTP/1.1\r\nX: ");
  ExpectServed(exporter);
  EXPECT_TRUE(AwaitOfAll(crowd, "all are sent away", [](TcpClient& client) {
    client.TrySend("x");
    return client.IsSentAway();
  }));
  ExpectServed(exporter);
}

TEST_F(CrowdTest, HalfARequestOfAClientThatLeftCostsNothing) {
  Exporter& exporter = StartAlone();
  Gather(exporter, 1000, "GET /metrics HTTP/1.1\r\nX: ");
  ExpectServed(exporter);
  EXPECT_TRUE(exporter.AwaitPage("their descriptors are closed", [](const Page& page) {
    return page.Value("process_open_fds").value_or(kMostDescriptors) < 30;
  }));
}

TEST_F(CrowdTest, ThoseWhoDoNotReadALargePageHoldUpNobody) {
  Simulator& simulator =
      StartSimulator({"--locales", "1024", "--commands", "200", "--users", "200"});
  Exporter& exporter = StartExporter(simulator, {kPatient, "--polling-interval=1s"});
  EXPECT_TRUE(exporter.AwaitUp());
  const Crowd crowd = Gather(exporter, 200, kWholeRequest);
  EXPECT_TRUE(
      AwaitOfAll(crowd, "all get an answer", [](TcpClient& client) { return client.HasData(); }));
  ExpectServed(exporter);
  EXPECT_TRUE(exporter.AwaitPolls("success", 3));
  ExpectServed(exporter);
  const std::size_t unsent = UnsentBytes(exporter);
  EXPECT_THAT(unsent, Gt(0U)) << "ss sees them";
  EXPECT_THAT(unsent, Lt(crowd.size() << 20U)) << "the kernel's memory is bounded, too";
}

TEST_F(CrowdTest, MoreOfThoseWhoDoNotReadThanThereAreConnectionsShutOutNobody) {
  Simulator& simulator =
      StartSimulator({"--locales", "1024", "--commands", "200", "--users", "200"});
  Exporter& exporter = StartExporter(simulator, {kPatient, "--polling-interval=1h"});
  EXPECT_TRUE(exporter.AwaitUp());
  const Crowd crowd = Gather(exporter, 600, kWholeRequest);
  EXPECT_TRUE(AwaitOfAll(crowd, "all are answered or sent away", [](TcpClient& client) {
    return client.HasData() || client.IsSentAway();
  }));
  for (int i = 0; i < 5; ++i) ExpectServed(exporter);
}

TEST_F(CrowdTest, AFewDescriptorsAreEnoughBesideManyClients) {
  if (kIsSanitized) GTEST_SKIP() << "a sanitizer has needs of its own";
  const TempDir directory;
  const std::string program = directory.Write(
      "limited", std::string("#!/bin/sh\nulimit -n 64\nexec ") + kExporterBinary + " \"$@\"\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const FreePort server;
  Exporter exporter(Watching(server.number(), {"--polling-interval=1h"}), {}, program);
  {
    const Crowd crowd = Gather(exporter, 200, "GET /metrics HTTP/1.1\r\nX: ");
    ExpectServed(exporter);
  }
  ExpectServed(exporter);
  exporter.Stop(SIGTERM);
}

}  // namespace
}  // namespace arkouda_exporter::testing
