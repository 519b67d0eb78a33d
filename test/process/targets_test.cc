#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "test/support/await.h"
#include "test/support/exporter_test.h"
#include "test/support/http.h"
#include "test/support/network.h"
#include "test/support/temp_dir.h"

// One exporter of several servers: those that files name come and go while it runs, and nobody else
// notices. At the end of each test every server says that it never had two requests at once.

namespace arkouda_exporter::testing {
namespace {

using ::testing::HasSubstr;

struct NamedServer {
  std::string name;
  std::uint16_t port;
  Labels labels = {};
};

std::string TargetsJson(const std::vector<NamedServer>& servers) {
  nlohmann::json groups = nlohmann::json::array();
  for (const NamedServer& server : servers) {
    nlohmann::json labels(server.labels);
    labels["arkouda_server_name"] = server.name;
    groups.push_back(
        {{"targets", {"127.0.0.1:" + std::to_string(server.port)}}, {"labels", labels}});
  }
  return groups.dump();
}

class TargetsTest : public ExporterTest {
 protected:
  std::string Write(const std::vector<NamedServer>& servers) const {
    return dir_.Write("targets.json", TargetsJson(servers));
  }

  static std::optional<double> Up(const Page& page, const std::string& name, Labels labels = {}) {
    labels["arkouda_server_name"] = name;
    return page.Value("arkouda_up", labels);
  }
  static bool HasNothingOf(const Page& page, const std::string& name) {
    return page.text().find("\"" + name + "\"") == std::string::npos;
  }
  static double PollsOf(const Page& page, const std::string& name) {
    return page
        .Value("arkouda_exporter_polls_total",
               {{"arkouda_server_name", name}, {"result", "success"}})
        .value_or(0);
  }

  const TempDir dir_;
};

TEST_F(TargetsTest, EveryServerOfAFileIsOnThePageWithItsLabels) {
  Simulator& alice = StartSimulator();
  Simulator& bob = StartSimulator();
  const FreePort gone;
  Exporter& exporter =
      StartExporterOf(Write({{"alice-4711", alice.port(), {{"slurm_job_id", "4711"}}},
                             {"bob-12", bob.port()},
                             {"gone", gone.number()}}),
                      {kPatient});
  EXPECT_TRUE(exporter.AwaitPage("both answer, the third does not", [](const Page& page) {
    return Up(page, "alice-4711", {{"slurm_job_id", "4711"}}) == 1 && Up(page, "bob-12") == 1 &&
           Up(page, "gone") == 0;
  }));
  const Page page = exporter.Scrape();
  EXPECT_EQ(page.Value("arkouda_exporter_targets"), 3);
  EXPECT_TRUE(page.Value("arkouda_total_number_of_requests",
                         {{"arkouda_server_name", "alice-4711"}, {"slurm_job_id", "4711"}}));
  EXPECT_EQ(page.Value("arkouda_exporter_targets_file_last_reload_successful",
                       {{"file", (dir_.path() / "targets.json").string()}}),
            1);
}

TEST_F(TargetsTest, AServerThatIsAddedIsPolledAndOneThatIsRemovedIsGoneFromThePage) {
  Simulator& alice = StartSimulator();
  Simulator& bob = StartSimulator();
  // With an interval of an hour, bob is only asked because he needs not wait for his turn.
  Exporter& exporter =
      StartExporterOf(Write({{"alice", alice.port()}}), {kPatient, "--polling-interval=1h"});
  EXPECT_TRUE(
      exporter.AwaitPage("alice answers", [](const Page& page) { return Up(page, "alice") == 1; }));

  Write({{"alice", alice.port()}, {"bob", bob.port()}});
  EXPECT_TRUE(
      exporter.AwaitPage("bob answers", [](const Page& page) { return Up(page, "bob") == 1; }));
  EXPECT_EQ(PollsOf(exporter.Scrape(), "alice"), 1) << "she noticed nothing";

  Write({{"bob", bob.port()}});
  EXPECT_TRUE(exporter.AwaitPage("alice is gone", [](const Page& page) {
    return HasNothingOf(page, "alice") && Up(page, "bob") == 1;
  }));
  EXPECT_EQ(exporter.Scrape().Value("arkouda_exporter_targets"), 1);
  EXPECT_EQ(alice.Report().connections, 1);
  EXPECT_EQ(bob.Report().connections, 1);
}

TEST_F(TargetsTest, AServerThatHangsHoldsUpNoOther) {
  Simulator& alice = StartSimulator();
  Simulator& bob = StartSimulator();
  Exporter& exporter = StartExporterOf(Write({{"alice", alice.port()}, {"bob", bob.port()}}));
  EXPECT_TRUE(exporter.AwaitPage("both answer", [](const Page& page) {
    return Up(page, "alice") == 1 && Up(page, "bob") == 1;
  }));
  alice.Freeze();
  EXPECT_TRUE(
      exporter.AwaitPage("alice is down", [](const Page& page) { return Up(page, "alice") == 0; }));
  const double before = PollsOf(exporter.Scrape(), "bob");
  EXPECT_TRUE(exporter.AwaitPage(
      "bob goes on", [&](const Page& page) { return PollsOf(page, "bob") >= before + 5; }));
  alice.Thaw();
  EXPECT_TRUE(
      exporter.AwaitPage("alice is back", [](const Page& page) { return Up(page, "alice") == 1; }));
}

TEST_F(TargetsTest, AServerThatIsWrittenOtherwiseWhileItOwesAReplyIsNotAskedTwice) {
  Simulator& alice = StartSimulator({"--fault", "delay=1500ms"});
  const auto write = [&](const std::string& host) {
    return dir_.Write("targets.yml",
                      "- targets: [\"" + host + ":" + std::to_string(alice.port()) + "\"]\n");
  };
  Exporter& exporter = StartExporterOf(write("localhost"), {kPatient});
  EXPECT_TRUE(Await("she has been asked", [&] { return alice.Report().requests >= 1; }));
  write("localhost.");
  EXPECT_TRUE(exporter.AwaitPage("she answers under her new name", [&](const Page& page) {
    return Up(page, "localhost.:" + std::to_string(alice.port())) == 1;
  }));
}

TEST_F(TargetsTest, ServersThatAreGoneHoldUpNoOtherHoweverMany) {
  constexpr std::size_t kServers = 600;
  if (const auto why = Simulator::WhyNot({kServers}); !why.empty()) GTEST_SKIP() << why;
  Simulator& simulator = StartSimulators(kServers);
  Exporter& exporter =
      StartExporterOf(simulator.targets_file(), {"--polling-interval=2s", kPatient});
  EXPECT_TRUE(exporter.AwaitPage("the last one answers",
                                 [](const Page& page) { return Up(page, "server-599") == 1; }));
  simulator.SetConditions({.first = 0, .count = kServers - 1});
  EXPECT_TRUE(exporter.AwaitPage("the first one is down",
                                 [](const Page& page) { return Up(page, "server-0") == 0; }));
  // All the others are lost at once, and tried at every poll meanwhile.
  const double before = PollsOf(exporter.Scrape(), "server-599");
  EXPECT_TRUE(exporter.AwaitPage("the last one goes on", [&](const Page& page) {
    return PollsOf(page, "server-599") >= before + 5;
  }));
}

TEST_F(TargetsTest, ServersOfOneNameThatEndAtOnceAreAllSeenToBeGone) {
  constexpr std::size_t kServers = 20;
  Simulator& servers = StartSimulators(kServers);
  nlohmann::json addresses = nlohmann::json::array();
  for (const std::uint16_t port : servers.ports()) {
    addresses.push_back("localhost:" + std::to_string(port));
  }
  const nlohmann::json file = {{{"targets", addresses}}};
  Exporter& exporter =
      StartExporterOf(dir_.Write("targets.json", file.dump()), {kPatient, "--polling-interval=1s"});
  const auto answering = [](const Page& page) {
    std::size_t count = 0;
    for (const auto& [labels, value] : page.Series("arkouda_up")) count += value == 1 ? 1 : 0;
    return count;
  };
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(exporter.AwaitPage("all answer",
                                   [&](const Page& page) { return answering(page) == kServers; }));
    servers.Restart();
    EXPECT_TRUE(exporter.AwaitPage("that is seen",
                                   [&](const Page& page) { return answering(page) < kServers; }));
  }
  dir_.Write("targets.json", "[]");
  EXPECT_TRUE(exporter.AwaitPage("they are let go", [](const Page& page) {
    return page.Value("arkouda_exporter_targets") == 0;
  }));
}

TEST_F(TargetsTest, AServerThatIsRemovedAndAddedWhileItOwesAReplyIsNotAskedTwice) {
  Simulator& alice = StartSimulator({"--fault", "delay=1500ms"});
  Exporter& exporter = StartExporterOf(Write({{"alice", alice.port()}}), {kPatient});
  EXPECT_TRUE(Await("she has been asked", [&] { return alice.Report().requests >= 1; }));
  Write({});
  EXPECT_TRUE(exporter.AwaitPage("alice is gone",
                                 [](const Page& page) { return HasNothingOf(page, "alice"); }));
  Write({{"alice-again", alice.port()}});
  EXPECT_TRUE(exporter.AwaitPage("she answers under her new name",
                                 [](const Page& page) { return Up(page, "alice-again") == 1; }));
}

// Under ThreadSanitizer, too. Every page is read strictly, and at the end every server says that it
// never had two requests.
TEST_F(TargetsTest, ServersComeAndGoAtRandom) {
  constexpr std::size_t kServers = 20;
  constexpr int kRounds = 30;
  Simulator& simulator = StartSimulators(kServers, {"--fault", "delay=50ms"});
  const auto server = [&](std::size_t i, int label) {
    return NamedServer{.name = "server-" + std::to_string(i),
                       .port = simulator.ports().at(i),
                       .labels = {{"round", std::to_string(label)}}};
  };
  Exporter& exporter = StartExporterOf(Write({}), {kPatient, "--polling-interval=100ms"});
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same servers in every run
  for (int round = 0; round < kRounds; ++round) {
    std::vector<NamedServer> servers;
    for (std::size_t i = 0; i < kServers; ++i) {
      if (random() % 2 == 0) servers.push_back(server(i, random() % 4 == 0 ? round : 0));
    }
    Write(servers);
    EXPECT_TRUE(exporter.AwaitPage("these servers are watched", [&](const Page& page) {
      return page.Series("arkouda_up").size() == servers.size();
    }));
  }
  std::vector<NamedServer> all;
  for (std::size_t i = 0; i < kServers; ++i) all.push_back(server(i, 0));
  Write(all);
  EXPECT_TRUE(exporter.AwaitPage("all servers answer", [&](const Page& page) {
    const auto& up = page.Series("arkouda_up");
    return up.size() == kServers &&
           std::all_of(up.begin(), up.end(), [](const auto& each) { return each.second == 1; });
  }));
}

TEST_F(TargetsTest, OtherLabelsAreInForceAtOnceAndTheOldOnesGone) {
  Simulator& alice = StartSimulator();
  Exporter& exporter =
      StartExporterOf(Write({{"alice", alice.port(), {{"job_id", "1"}}}}), {kPatient});
  EXPECT_TRUE(exporter.AwaitPage("she answers", [](const Page& page) {
    return Up(page, "alice", {{"job_id", "1"}}) == 1;
  }));
  Write({{"alice", alice.port(), {{"job_id", "2"}}}});
  EXPECT_TRUE(exporter.AwaitPage("she answers with the other label", [](const Page& page) {
    return Up(page, "alice", {{"job_id", "2"}}) == 1 && !Up(page, "alice", {{"job_id", "1"}});
  }));
}

TEST_F(TargetsTest, ABrokenFileKeepsItsServersAndIsSaidOnce) {
  Simulator& alice = StartSimulator();
  const std::string file = Write({{"alice", alice.port()}});
  Exporter& exporter = StartExporterOf(file, {kPatient});
  EXPECT_TRUE(
      exporter.AwaitPage("she answers", [](const Page& page) { return Up(page, "alice") == 1; }));
  dir_.Write("targets.json", "[{\"targets\": [\n");
  EXPECT_TRUE(exporter.AwaitPage("the file is not in force", [&](const Page& page) {
    return page.Value("arkouda_exporter_targets_file_last_reload_successful", {{"file", file}}) ==
           0;
  }));
  const double before = PollsOf(exporter.Scrape(), "alice");
  EXPECT_TRUE(exporter.AwaitPage(
      "she is polled", [&](const Page& page) { return PollsOf(page, "alice") >= before + 3; }));
  Write({{"alice", alice.port()}});
  EXPECT_TRUE(exporter.AwaitPage("the file is in force", [&](const Page& page) {
    return page.Value("arkouda_exporter_targets_file_last_reload_successful", {{"file", file}}) ==
           1;
  }));
}

TEST_F(TargetsTest, WhoWritesAFileNamesNeitherWhatHeMayNotNorAnothers) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give files to others";
  Simulator& alice = StartSimulator();
  const FreePort other;
  const std::string file = (dir_.path() / "targets.json").string();
  const auto write_as_nobody = [&](const std::vector<NamedServer>& servers) {
    constexpr uid_t kNobody = 65534;
    const std::string beside = dir_.Write("targets.new", TargetsJson(servers));
    ASSERT_EQ(chown(beside.c_str(), kNobody, 0), 0);
    std::filesystem::rename(beside, file);
  };
  write_as_nobody({{"alice", alice.port()}, {"forbidden", other.number()}});
  const Arguments arguments = {
      kPatient, "--arkouda.targets-allow=127.0.0.0/8:" + std::to_string(alice.port()),
      "--arkouda.targets-owner-label=slurm_user"};
  Exporter& exporter = StartExporterOf(file, arguments);
  EXPECT_TRUE(exporter.AwaitPage("alice answers", [](const Page& page) {
    return Up(page, "alice", {{"slurm_user", "nobody"}}) == 1;
  }));
  EXPECT_TRUE(HasNothingOf(exporter.Scrape(), "forbidden"));
  write_as_nobody({{"alice", alice.port(), {{"slurm_user", "root"}}}});
  EXPECT_TRUE(exporter.AwaitPage("a lie is left out", [](const Page& page) {
    return page.Value("arkouda_exporter_targets") == 0;
  }));
  std::vector<std::string> reasons;
  for (const auto& line : exporter.Log("entry of a targets file is left out")) {
    reasons.push_back(line.at("reason"));
  }
  EXPECT_THAT(reasons, ::testing::Contains(HasSubstr("--arkouda.targets-allow")));
  EXPECT_THAT(reasons, ::testing::Contains(HasSubstr("its value is root, expected nobody")));
}

TEST_F(TargetsTest, TheServerOfTheFlagsStandsBesideThoseOfAFile) {
  Simulator& alice = StartSimulator();
  Simulator& bob = StartSimulator();
  Exporter& exporter =
      StartExporter(alice, {kPatient, "--arkouda.server-name=alice",
                            "--arkouda.targets-file=" + Write({{"bob", bob.port()}})});
  EXPECT_TRUE(exporter.AwaitPage("both answer", [](const Page& page) {
    return Up(page, "alice") == 1 && Up(page, "bob") == 1;
  }));
}

TEST_F(TargetsTest, FilesThatNameNobodyYetAreWaitedFor) {
  const std::string pattern = (dir_.path() / "*.json").string();
  Exporter& exporter = StartExporterOf(pattern, {kPatient});
  EXPECT_EQ(exporter.Scrape().Value("arkouda_exporter_targets"), 0);
  EXPECT_EQ(exporter.Get("/-/healthy").status, 200);
  Simulator& alice = StartSimulator();
  Write({{"alice", alice.port()}});
  EXPECT_TRUE(
      exporter.AwaitPage("she answers", [](const Page& page) { return Up(page, "alice") == 1; }));
}

TEST_F(TargetsTest, OnceEveryServerIsAskedForOnePage) {
  Simulator& alice = StartSimulator();
  Simulator& bob = StartSimulator();
  const auto run = [](const std::string& file) {
    return RunToEnd(kExporterBinary, {"--arkouda.targets-file=" + file, kPatient, "--once"});
  };
  const Finished both = run(Write({{"alice", alice.port()}, {"bob", bob.port()}}));
  EXPECT_EQ(both.ending, Exited(0)) << both.err;
  const auto page = Page::Parse(both.out);
  ASSERT_TRUE(page.has_value()) << page.error();
  EXPECT_EQ(Up(*page, "alice"), 1);
  EXPECT_EQ(Up(*page, "bob"), 1);
  EXPECT_EQ(alice.Report().all, 1);

  const FreePort gone;
  const Finished one = run(Write({{"alice", alice.port()}, {"gone", gone.number()}}));
  EXPECT_EQ(one.ending, Exited(1)) << "not all have answered";
  EXPECT_THAT(one.out, HasSubstr("arkouda_up{arkouda_server_name=\"alice\"} 1\n"));
  EXPECT_THAT(one.out, HasSubstr("arkouda_up{arkouda_server_name=\"gone\"} 0\n"));

  const Finished none = run(Write({}));
  EXPECT_EQ(none.ending, Exited(1));
  EXPECT_THAT(none.err, HasSubstr("the targets files name no server"));
}

class ProbeTest : public TargetsTest {
 protected:
  static std::string ProbeOf(std::uint16_t port) {
    return "/probe?target=127.0.0.1:" + std::to_string(port);
  }
  static Page PageOf(const HttpResponse& response) {
    EXPECT_EQ(response.status, 200) << response.body;
    const auto page = Page::Parse(response.body);
    EXPECT_TRUE(page.has_value()) << page.error();
    return page.value_or(Page());
  }
};

TEST_F(ProbeTest, AKnownTargetIsAnsweredFromWhatIsKnownAndNotAskedForIt) {
  Simulator& alice = StartSimulator();
  Simulator& bob = StartSimulator();
  const NamedServer of_alice = {"alice", alice.port(), {{"slurm_job_id", "7"}}};
  Exporter& exporter = StartExporterOf(Write({of_alice}), {kPatient, "--polling-interval=1h"});
  Write({of_alice, {"bob", bob.port()}});
  EXPECT_TRUE(exporter.AwaitPage("both answer", [](const Page& page) {
    return Up(page, "alice", {{"slurm_job_id", "7"}}) == 1 && Up(page, "bob") == 1;
  }));
  for (int i = 0; i < 3; ++i) {
    const Page page = PageOf(exporter.Get(ProbeOf(alice.port())));
    EXPECT_EQ(Up(page, "alice", {{"slurm_job_id", "7"}}), 1);
    EXPECT_TRUE(HasNothingOf(page, "bob"));
    EXPECT_EQ(page.families().count("process_open_fds"), 0U);
  }
  EXPECT_EQ(alice.Report().all, 1);
}

TEST_F(ProbeTest, AStrangerIsOnlyTakenInWhereThatIsAllowed) {
  Simulator& alice = StartSimulator();
  Simulator& bob = StartSimulator();
  Exporter& closed = StartExporter(alice, {kPatient});
  EXPECT_EQ(closed.Get(ProbeOf(bob.port())).status, 403);
  EXPECT_EQ(closed.Get("/probe?target=bob").status, 400);
  EXPECT_EQ(closed.Get("/probe").status, 400);
  EXPECT_EQ(bob.Report().connections, 0);

  Exporter& open =
      StartExporter(alice, {kPatient, "--web.probe-allow=127.0.0.1:" + std::to_string(bob.port())});
  const Page page = PageOf(open.Get(ProbeOf(bob.port())));
  EXPECT_EQ(Up(page, "127.0.0.1:" + std::to_string(bob.port())), 1)
      << "the first probe waits for its first poll";
  EXPECT_FALSE(page.FamiliesFromArkouda().empty());
  const Page all = open.Scrape();
  EXPECT_TRUE(HasNothingOf(all, "127.0.0.1:" + std::to_string(bob.port())))
      << "whoever probes it has its series from the probe";
  EXPECT_EQ(all.Value("arkouda_exporter_targets"), 2);
  EXPECT_EQ(open.Get(ProbeOf(9)).status, 403);
}

TEST_F(ProbeTest, AKnownTargetIsKnownByAllSpellingsOfItsName) {
  Simulator& alice = StartSimulator();
  Exporter& exporter =
      StartExporter(alice, {kPatient, "--arkouda.host=LocalHost", "--web.probe-allow=*:*"});
  EXPECT_TRUE(exporter.AwaitUp());
  for (const char* const host : {"localhost", "LOCALHOST", "localhost."}) {
    const std::string path = "/probe?target=" + std::string(host) + ":";
    EXPECT_EQ(Up(PageOf(exporter.Get(path + std::to_string(alice.port()))), "arkouda-metrics"), 1);
  }
  EXPECT_EQ(exporter.Scrape().Value("arkouda_exporter_targets"), 1);
}

TEST_F(ProbeTest, ManyProbesOfAStrangerAreOneTarget) {
  Simulator& alice = StartSimulator({"--fault", "delay=500ms", "--fault-times", "1"});
  const FreePort nobody;
  Exporter& exporter =
      StartExporter(nobody.number(), {kPatient, "--polling-interval=1h", "--web.probe-allow=*:*"});
  std::vector<std::future<HttpResponse>> probes;
  for (int i = 0; i < 5; ++i) {
    probes.push_back(
        std::async(std::launch::async, [&] { return exporter.Get(ProbeOf(alice.port())); }));
  }
  for (auto& probe : probes) {
    EXPECT_EQ(Up(PageOf(probe.get()), "127.0.0.1:" + std::to_string(alice.port())), 1);
  }
  EXPECT_EQ(alice.Report().connections, 1);
  EXPECT_EQ(alice.Report().all, 1);
}

TEST_F(ProbeTest, AStrangerThatAFileNamesWhileAProbeWaitsIsAnsweredByItsPoll) {
  Simulator& servers = StartSimulators(2, {"--hanging", "2"});
  const std::string file = Write({});
  Exporter& exporter = StartExporterOf(
      file, {"--arkouda.timeout=1h", "--polling-interval=1h", "--web.probe-allow=127.0.0.1:*"});
  const auto probe = [&](std::size_t server) {
    return std::async(std::launch::async, [&exporter, port = servers.ports().at(server)] {
      // Longer than curl waits.
      return Curl(
          {"--header", "X-Prometheus-Scrape-Timeout-Seconds: 3600", exporter.Url(ProbeOf(port))});
    });
  };
  std::future<HttpResponse> stays = probe(0);
  std::future<HttpResponse> goes = probe(1);
  EXPECT_TRUE(Await("both have been asked", [&] { return servers.Report().requests == 2; }));
  Write({{"stays", servers.ports().at(0)}, {"goes", servers.ports().at(1)}});
  EXPECT_TRUE(exporter.AwaitPage("the file is in force", [](const Page& page) {
    return Up(page, "stays") == 0 && Up(page, "goes") == 0;
  }));

  Write({{"stays", servers.ports().at(0)}});
  const HttpResponse of_gone = goes.get();
  EXPECT_EQ(of_gone.status, 503) << of_gone.body;
  servers.SetConditions({});
  EXPECT_EQ(Up(PageOf(stays.get()), "stays"), 1);
  EXPECT_TRUE(exporter.Log("a request failed").empty());
}

TEST_F(ProbeTest, WhoeverDiscoversGetsTheTargetsWithTheirLabels) {
  Exporter& exporter = StartExporterOf(Write({{"bob", 2}, {"alice", 1, {{"slurm_job_id", "7"}}}}));
  const HttpResponse response = exporter.Get("/sd");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(nlohmann::json::parse(response.body), nlohmann::json::parse(R"([
    {"targets": ["127.0.0.1:1"], "labels": {"arkouda_server_name": "alice", "slurm_job_id": "7"}},
    {"targets": ["127.0.0.1:2"], "labels": {"arkouda_server_name": "bob"}}])"));
}

}  // namespace
}  // namespace arkouda_exporter::testing
