#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>

#include "test/support/exporter_test.h"
#include "test/support/network.h"
#include "test/support/temp_dir.h"

// A start under limits that shared machines and old container engines have.

namespace arkouda_exporter::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LimitsTest : public ExporterTest {
 protected:
  void SetUp() override {
    if (kIsSanitized) GTEST_SKIP() << "a sanitizer has needs of its own";
  }

  static void ExpectOneLine(const Finished& exporter, const std::string& limit,
                            const std::string& what, const std::string& right) {
    EXPECT_EQ(exporter.ending, Exited(1)) << limit << exporter.err;
    // Others, such as bash, may have something to say of the limit, too.
    EXPECT_EQ(Lines(exporter.err).size(), 1U) << limit << exporter.err;
    EXPECT_THAT(exporter.err, AllOf(HasSubstr("prometheus-arkouda-exporter: "), HasSubstr(what),
                                    HasSubstr(right)));
  }

  static Finished RunLimited(const std::string& limit) {
    return RunToEnd("sh", {"-c", limit + "; exec \"$@\"", "sh", kExporterBinary,
                           "--web.listen-address=127.0.0.1:0"});
  }

  // A program that is the exporter with so few descriptors.
  static std::string LimitedTo(int descriptors, const TempDir& directory) {
    std::string program =
        directory.Write("limited.sh", "#!/bin/sh\nulimit -n " + std::to_string(descriptors) +
                                          "; exec " + kExporterBinary + " \"$@\"\n");
    std::filesystem::permissions(program, std::filesystem::perms(0755));
    return program;
  }
};

TEST_F(LimitsTest, TooFewDescriptorsAreOneLineAndStatus1) {
  for (const int descriptors : {8, 12, 16, 20, 24}) {
    const std::string limit = "ulimit -n " + std::to_string(descriptors);
    ExpectOneLine(RunLimited(limit), limit, "Too many open files", "ulimit -n");
  }
}

TEST_F(LimitsTest, FewDescriptorsThatAreEnoughServe) {
  Simulator& simulator = StartSimulator();
  Arguments arguments = {"-c",
                         "ulimit -n 40; exec \"$@\"",
                         "sh",
                         kExporterBinary,
                         "--web.listen-address=127.0.0.1:0",
                         kPatient};
  for (const std::string& argument : Watching(simulator.port())) arguments.push_back(argument);
  Process exporter("sh", arguments);
  EXPECT_TRUE(exporter.AwaitStderr("msg=\"connected to Arkouda\""));
  exporter.Signal(SIGTERM);
  EXPECT_EQ(exporter.Wait(), Exited(0)) << exporter.Stderr();
}

TEST_F(LimitsTest, ClientsOfSeveralAddressesLeaveDescriptorsForServers) {
  constexpr std::size_t kServers = 25;
  Simulator& servers = StartSimulators(kServers);
  const TempDir directory;
  const std::string file = directory.Write("targets.yml", "[]");
  Exporter exporter({"--arkouda.targets-file=" + file, "--web.listen-address=127.0.0.1:0",
                     "--web.listen-address=127.0.0.1:0", kPatient},
                    {}, LimitedTo(700, directory));
  std::deque<TcpClient> clients;
  for (const std::uint16_t port : exporter.ports()) {
    for (int i = 0; i < 350; ++i) clients.emplace_back(port).Send("GET /metrics HTTP/1.1\r\n");
  }
  std::string entries;
  for (const std::uint16_t port : servers.ports()) {
    entries += R"(- targets: ["127.0.0.1:)" + std::to_string(port) + "\"]\n";
  }
  directory.Write("targets.yml", entries);
  EXPECT_TRUE(Await("all servers are connected to",
                    [&] { return exporter.Log("connected to Arkouda").size() == kServers; }));
  EXPECT_THAT(exporter.Log("not connected to Arkouda"), IsEmpty());
  exporter.Stop(SIGTERM);
}

TEST_F(LimitsTest, ServersThatThereAreNoDescriptorsForAreSaidOfTheirFile) {
  Simulator& servers = StartSimulators(3);
  const TempDir directory;
  const auto write = [&](std::size_t count) {
    std::string entries;
    for (std::size_t i = 0; i < count; ++i) {
      entries += R"(- targets: ["127.0.0.1:)" + std::to_string(servers.ports().at(i)) + "\"]\n";
    }
    return directory.Write("targets.yml", entries);
  };
  const std::string file = write(2);
  Exporter exporter({"--arkouda.targets-file=" + file, "--web.probe-allow=127.0.0.1:*", kPatient},
                    {}, LimitedTo(64, directory));
  const auto is_watching = [&](std::size_t count, int is_whole) {
    return exporter.AwaitPage("so many servers", [&](const Page& page) {
      return page.Series("arkouda_up").size() == count &&
             page.Value("arkouda_exporter_targets_file_last_reload_successful", {{"file", file}}) ==
                 is_whole;
    });
  };
  EXPECT_TRUE(is_watching(2, 1));

  write(3);
  EXPECT_TRUE(is_watching(2, 0));
  EXPECT_TRUE(exporter.process().AwaitStderr("targets.yml:3"));
  EXPECT_TRUE(exporter.process().AwaitStderr("ulimit -n"));

  // One that is probed takes the place, and makes room again.
  write(1);
  EXPECT_TRUE(is_watching(1, 1));
  const std::string probe = "/probe?target=127.0.0.1:" + std::to_string(servers.ports().at(2));
  EXPECT_EQ(exporter.Get(probe).status, 200);
  write(2);
  EXPECT_TRUE(is_watching(2, 1));
  EXPECT_EQ(exporter.Get(probe).status, 503);
  exporter.Stop(SIGTERM);
}

TEST_F(LimitsTest, TooFewThreadsAreOneLineAndStatus1) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become a user who has no processes yet";
  // A user who can read the program, and has no other process.
  const TempDir directory;
  const std::string program = (directory.path() / "exporter").string();
  std::filesystem::copy(kExporterBinary, program);
  std::filesystem::permissions(directory.path(), std::filesystem::perms(0755));
  for (const int processes : {1, 2, 3, 4}) {
    const std::string limit = "ulimit -u " + std::to_string(processes);
    const Finished exporter =
        RunToEnd("setpriv", {"--reuid=54321", "--regid=54321", "--clear-groups", "bash", "-c",
                             limit + "; exec " + program + " --web.listen-address=127.0.0.1:0"});
    ExpectOneLine(exporter, limit, "not enough threads", "ulimit -u");
  }
}

TEST_F(LimitsTest, EngineThatRefusesClone3IsNamed) {
  const Finished probed = RunToEnd("strace", {"-f", "-qq", "-e", "trace=clone3", "true"});
  if (probed.ending != Exited(0)) {
    GTEST_SKIP() << "no strace here, or it may not trace: " << probed.err;
  }
  // As Docker did before 20.10.10.
  const Finished exporter = RunToEnd(
      "strace", {"-f", "-qq", "-o", "/dev/null", "-e", "trace=clone3", "-e",
                 "inject=clone3:error=EPERM", kExporterBinary, "--web.listen-address=127.0.0.1:0"});
  ExpectOneLine(exporter, "clone3", "Operation not permitted", "Docker from 20.10.10 on");
}

TEST_F(LimitsTest, TooLittleMemoryIsOneLineAndStatus1) {
  // From where the loader has no memory for the libraries to where there is enough, in steps.
  bool is_served = false;
  int refusals = 0;
  for (int kibibytes = 16'000; !is_served && kibibytes < 400'000; kibibytes += 4'000) {
    const std::string limit = "ulimit -v " + std::to_string(kibibytes);
    const FreePort port;
    const Finished once =
        RunToEnd("sh", {"-c", limit + "; exec \"$@\"", "sh", kExporterBinary, "--once",
                        "--arkouda.host=127.0.0.1", "--arkouda.timeout=100ms",
                        "--arkouda.port=" + std::to_string(port.number())});
    is_served = once.out.find("arkouda_up") != std::string::npos;
    // Less than the loader needs, whose status is 127, or than C++ needs for any exception, be it
    // one of a library before main: the exporter can't say anything then.
    const bool has_begun =
        once.ending != Exited(127) &&
        once.err.find("terminate called without an active exception") == std::string::npos;
    if (is_served || !has_begun) continue;
    ++refusals;
    EXPECT_EQ(once.ending, Exited(1)) << limit << once.err;
    EXPECT_EQ(Lines(once.err).size(), 1U) << limit << once.err;
    EXPECT_THAT(once.err, HasSubstr("memory")) << limit;
  }
  EXPECT_TRUE(is_served);
  EXPECT_GT(refusals, 0);
}

}  // namespace
}  // namespace arkouda_exporter::testing
