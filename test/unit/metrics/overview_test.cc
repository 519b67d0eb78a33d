#include "exporter/metrics/overview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "exporter/metrics/samples.h"

namespace arkouda_exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

constexpr OverviewLimits kAll = {.locales = 100, .names = 100};

// A server's answer, as its lines stand in a snapshot.
class Server {
 public:
  void Add(FamilyId family, double value, const Entries::Texts& texts = {}) {
    samples_.Of(family).push_back(samples_.entries().Add({}, {}, value, texts));
  }
  void AddLocale(const std::string& name, double used, double percent) {
    const std::string number = std::to_string(locales_++);
    Add(FamilyId::kMemoryUsedPerLocale, used, {"", name, number, name + ".cluster"});
    Add(FamilyId::kPctMemoryUsedPerLocale, percent, {"", name, number, name + ".cluster"});
  }
  Overview Look(const OverviewLimits& limits = kAll) const {
    Snapshot snapshot;
    snapshot.arkouda = std::make_shared<const Lines>(
        RenderSamples(samples_, TargetLabels("a{\"b\"},command=\"c\" 7", {{"user", "x\\"}})));
    return OverviewOf(snapshot, limits);
  }

 private:
  Samples samples_;
  int locales_ = 0;
};

TEST(Overview, IsEmptyWhileArkoudaDoesNotAnswer) {
  const Overview overview = OverviewOf({}, kAll);
  EXPECT_EQ(overview.version, "");
  EXPECT_FALSE(overview.requests);
  EXPECT_THAT(overview.locales.rows, IsEmpty());
}

TEST(Overview, SaysWhatTheServerIsAndHowMuchItDid) {
  Server server;
  server.Add(FamilyId::kServerInformation, 1, {"", "host", "v2024.04.19", "3"});
  server.Add(FamilyId::kTotalNumberOfRequests, 12345680);
  server.Add(FamilyId::kTotalNumberOfErrors, 2);
  server.Add(FamilyId::kNumberOfConnections, 0);
  const Overview overview = server.Look();
  EXPECT_EQ(overview.version, "v2024.04.19");
  EXPECT_EQ(overview.hostname, "host");
  EXPECT_EQ(overview.number_of_locales, "3");
  EXPECT_THAT(overview.requests, Optional(12345680));
  EXPECT_THAT(overview.errors, Optional(2));
  EXPECT_THAT(overview.connections, Optional(0));
}

TEST(Overview, NamesAreAsTheyWereBeforeTheirEscapes) {
  for (const std::string name : {"", "\\", "\"", "\n", "\\n", "a\\\"\n\\\\", "} 5", "\",user=\"u",
                                 "<b>&amp;", "Zo\xc3\xab \xf0\x9f\x90\xbb"}) {
    Server server;
    server.Add(FamilyId::kNumberOfRequestsPerCommand, 3, {name});
    server.Add(FamilyId::kAvgResponseTimesPerCommand, 0.25, {name});
    server.Add(FamilyId::kPerUserTotalNumberOfRequests, 4, {"", name});
    server.AddLocale(name, 5, 6);
    server.Add(FamilyId::kServerInformation, 1, {"", name, name, "1"});
    const Overview overview = server.Look();
    ASSERT_THAT(overview.commands.rows, SizeIs(1)) << name;
    EXPECT_EQ(overview.commands.rows[0].name, name);
    EXPECT_THAT(overview.commands.rows[0].mean_seconds, Optional(0.25)) << name;
    ASSERT_THAT(overview.locales.rows, SizeIs(1)) << name;
    EXPECT_EQ(overview.locales.rows[0].name, name);
    EXPECT_THAT(overview.locales.rows[0].used_bytes, Optional(5)) << name;
    EXPECT_EQ(overview.version, name);
  }
}

TEST(Overview, ShowsTheLargestFirstAndCountsAll) {
  Server server;
  for (int i = 0; i < 1'024; ++i) server.AddLocale("n" + std::to_string(i), 1, i % 1'000);
  for (int i = 0; i < 5; ++i) {
    server.Add(FamilyId::kNumberOfRequestsPerCommand, i, {"c" + std::to_string(i)});
    server.Add(FamilyId::kPerUserTotalNumberOfRequests, -i, {"", "u" + std::to_string(i)});
  }
  const Overview overview = server.Look({.locales = 2, .names = 3});
  EXPECT_EQ(overview.locales.all, 1'024U);
  EXPECT_THAT(overview.locales.rows, ElementsAre(Field(&LocaleFigures::number, "999"),
                                                 Field(&LocaleFigures::number, "998")));
  EXPECT_EQ(overview.commands.all, 5U);
  EXPECT_THAT(overview.commands.rows,
              ElementsAre(Field(&CommandFigures::name, "c4"), Field(&CommandFigures::name, "c3"),
                          Field(&CommandFigures::name, "c2")));
  EXPECT_EQ(overview.users.all, 5U);
  EXPECT_THAT(overview.users.rows, SizeIs(3));
}

TEST(Overview, AValueThatIsNotFiniteIsLeftOutAlone) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Server server;
  server.Add(FamilyId::kTotalNumberOfRequests, kNan);
  server.AddLocale("odd", 5, kInfinity);
  server.AddLocale("even", 7, 50);
  server.Add(FamilyId::kNumberOfRequestsPerCommand, -kInfinity, {"odd"});
  const Overview overview = server.Look();
  EXPECT_FALSE(overview.requests);
  EXPECT_THAT(overview.commands.rows, IsEmpty());
  ASSERT_THAT(overview.locales.rows, SizeIs(2));
  EXPECT_EQ(overview.locales.rows[0].name, "even");
  EXPECT_EQ(overview.locales.rows[1].name, "odd");
  EXPECT_THAT(overview.locales.rows[1].used_bytes, Optional(5));
  EXPECT_FALSE(overview.locales.rows[1].used_percent);
}

}  // namespace
}  // namespace arkouda_exporter
