#include "exporter/metrics/translate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/quote.h"
#include "exporter/metrics/family_table.h"

namespace arkouda_exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

Metric MakeMetric(MetricCategory category, MetricScope scope, std::string_view name) {
  return {.name = name,
          .category = category,
          .scope = scope,
          .timestamp = "2024-04-19T12:00:00.000001",
          .value = 42,
          .locale_num = 3,
          .locale_name = "node3",
          .locale_hostname = "node3.cluster",
          .user = "alice"};
}

// One row of the table in the README and the family's labels as they must be on the page.
struct FamilyCase {
  FamilyId id;
  std::string name;
  MetricCategory category;
  MetricScope scope;
  std::string entry_name;
  std::vector<std::string> labels;
};

using Category = MetricCategory;
using Scope = MetricScope;
const std::vector<std::string> kLocaleLabels = {"locale_name=node3", "locale_num=3",
                                                "locale_hostname=node3.cluster"};

const std::vector<FamilyCase> kCases = {
    {FamilyId::kTotalNumberOfRequests,
     "arkouda_total_number_of_requests",
     Category::kNumRequests,
     Scope::kGlobal,
     "total",
     {}},
    {FamilyId::kNumberOfRequestsPerCommand,
     "arkouda_number_of_requests_per_command",
     Category::kNumRequests,
     Scope::kGlobal,
     "arange",
     {"command=arange"}},
    {FamilyId::kPerUserTotalNumberOfRequests,
     "arkouda_per_user_total_number_of_requests",
     Category::kNumRequests,
     Scope::kUser,
     "total",
     {"user=alice"}},
    {FamilyId::kPerUserNumberOfRequestsPerCommand,
     "arkouda_per_user_number_of_requests_per_command",
     Category::kNumRequests,
     Scope::kUser,
     "arange",
     {"command=arange", "user=alice"}},
    {FamilyId::kResponseTimesPerCommand,
     "arkouda_response_times_per_command",
     Category::kResponseTime,
     Scope::kGlobal,
     "arange",
     {"command=arange"}},
    {FamilyId::kAvgResponseTimesPerCommand,
     "arkouda_avg_response_times_per_command",
     Category::kAvgResponseTime,
     Scope::kGlobal,
     "arange",
     {"command=arange"}},
    {FamilyId::kTotalResponseTimesPerCommand,
     "arkouda_total_response_times_per_command",
     Category::kTotalResponseTime,
     Scope::kGlobal,
     "arange",
     {"command=arange"}},
    {FamilyId::kTotalMemoryUsedPerCommand,
     "arkouda_total_memory_used_per_command",
     Category::kTotalMemoryUsed,
     Scope::kGlobal,
     "arange",
     {"command=arange"}},
    {FamilyId::kMemoryUsedPerLocale, "arkouda_memory_used_per_locale", Category::kSystem,
     Scope::kLocale, "arkouda_memory_used_per_locale", kLocaleLabels},
    {FamilyId::kPctMemoryUsedPerLocale, "arkouda_pct_memory_used_per_locale", Category::kSystem,
     Scope::kLocale, "arkouda_percent_memory_used_per_locale", kLocaleLabels},
    {FamilyId::kNumberOfConnections,
     "arkouda_number_of_connections",
     Category::kServer,
     Scope::kGlobal,
     "arkouda_number_of_connections",
     {}},
    {FamilyId::kTotalNumberOfErrors,
     "arkouda_total_number_of_errors",
     Category::kNumErrors,
     Scope::kGlobal,
     "total",
     {}},
    {FamilyId::kNumberOfErrorsPerErrorType,
     "arkouda_number_of_errors_per_error_type",
     Category::kNumErrors,
     Scope::kGlobal,
     "IllegalArgumentError",
     {"error_type=IllegalArgumentError"}},
};

// Entries and what is known of their server, as they come out of a poll.
Translation TranslateAll(const std::vector<Metric>& metrics, std::size_t max_label_length = 0,
                         const ServerInfo& info = {}) {
  Answer answer{.server_info = std::make_shared<const ServerInfo>(info)};
  for (const Metric& metric : metrics) answer.entries.Add(metric);
  return Translate(std::move(answer), max_label_length);
}

std::vector<double> ValuesOf(const Samples& samples, FamilyId id) {
  std::vector<double> values;
  for (const std::uint32_t entry : samples.Of(id)) values.push_back(samples.ValueOf(entry));
  return values;
}

std::string LabelOf(const Samples& samples, FamilyId id, std::size_t sample) {
  return std::string(samples.LabelValue(samples.Of(id)[sample], GetFamily(id).labels[0]));
}

std::vector<std::string> LabelsOf(const Samples& samples, FamilyId id) {
  std::vector<std::string> labels;
  for (const Label& label : GetFamily(id).labels) {
    labels.push_back(std::string(label.name) + "=" +
                     std::string(samples.LabelValue(samples.Of(id).front(), label)));
  }
  return labels;
}

std::size_t CountSamples(const Samples& samples) {
  std::size_t count = 0;
  for (const Family& family : Families()) count += samples.Of(family.id).size();
  return count;
}

// The reasons for which something was left out, once for each that was.
std::vector<SkipReason> ReasonsOf(const Skips& skips) {
  std::vector<SkipReason> reasons;
  for (std::size_t i = 0; i < kSkipReasonNames.size(); ++i) {
    const auto reason = static_cast<SkipReason>(i);
    reasons.insert(reasons.end(), skips.Of(reason).count, reason);
  }
  return reasons;
}

class TranslateFamily : public ::testing::TestWithParam<FamilyCase> {};

TEST_P(TranslateFamily, TakesItsEntriesWithItsLabels) {
  const FamilyCase& expected = GetParam();
  const auto [samples, skips, shortened, first] =
      TranslateAll({MakeMetric(expected.category, expected.scope, expected.entry_name)});
  EXPECT_EQ(GetFamily(expected.id).name, expected.name);
  EXPECT_THAT(ValuesOf(samples, expected.id), ElementsAre(42));
  EXPECT_EQ(LabelsOf(samples, expected.id), expected.labels);
  EXPECT_EQ(CountSamples(samples), 1U) << "no other family takes it too";
  EXPECT_THAT(ReasonsOf(skips), SizeIs(0));
}

INSTANTIATE_TEST_SUITE_P(EveryRow, TranslateFamily, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(Translate, ConnectionsAreKnownByEitherNameOfTheirs) {
  for (const char* name : {"number_of_connections", "arkouda_number_of_connections"}) {
    const Translation translation =
        TranslateAll({MakeMetric(Category::kServer, Scope::kGlobal, name)});
    EXPECT_THAT(translation.samples.Of(FamilyId::kNumberOfConnections), SizeIs(1));
  }
}

TEST(Translate, EveryFamilyMadeOfEntriesHasACaseHere) {
  std::set<FamilyId> covered;
  for (const FamilyCase& known : kCases) covered.insert(known.id);
  for (const Family& family : Families()) {
    EXPECT_EQ(covered.count(family.id) == 1, family.entries.has_value()) << family.name;
  }
}

TEST(Translate, ServerInfoAndTheTimestampFillTheFamiliesThatAreNotMadeOfEntries) {
  const ServerInfo info = {.identity = ServerInfo::Identity{.hostname = "node0.cluster",
                                                            .version = "v2024.04.19",
                                                            .number_of_locales = 2},
                           .locales = {{.id = "0",
                                        .name = "n0",
                                        .hostname = "h0",
                                        .processing_units = 6,
                                        .physical_memory = 34359738368,
                                        .max_tasks = 5},
                                       {.id = "1",
                                        .name = "n1",
                                        .hostname = "h1",
                                        .processing_units = 7,
                                        .physical_memory = 1,
                                        .max_tasks = 4}}};
  const Samples samples =
      Translate({.timestamp = 1.5, .server_info = std::make_shared<const ServerInfo>(info)}, 0)
          .samples;
  EXPECT_THAT(LabelsOf(samples, FamilyId::kServerInformation),
              ElementsAre("arkouda_server_hostname=node0.cluster", "arkouda_version=v2024.04.19",
                          "arkouda_number_of_locales=2"));
  EXPECT_THAT(ValuesOf(samples, FamilyId::kServerInformation), ElementsAre(1));
  EXPECT_THAT(LabelsOf(samples, FamilyId::kMemoryPerLocale),
              ElementsAre("locale_name=n0", "locale_num=0", "locale_hostname=h0"));
  EXPECT_THAT(ValuesOf(samples, FamilyId::kMemoryPerLocale), ElementsAre(34359738368.0, 1));
  EXPECT_THAT(ValuesOf(samples, FamilyId::kProcessingUnitsPerLocale), ElementsAre(6, 7));
  EXPECT_THAT(ValuesOf(samples, FamilyId::kMaxNumberOfTasksPerLocale), ElementsAre(5, 4));
  EXPECT_THAT(ValuesOf(samples, FamilyId::kReportedTimestamp), ElementsAre(1.5));
}

TEST(Translate, OfDuplicatesTheLastWinsAndIsCounted) {
  Metric metric = MakeMetric(Category::kNumRequests, Scope::kUser, "arange");
  Metric other_user = metric;
  other_user.user = "bob";
  Metric again = metric;
  again.value = 2;
  const Translation translation = TranslateAll({metric, other_user, again});
  EXPECT_THAT(ValuesOf(translation.samples, FamilyId::kPerUserNumberOfRequestsPerCommand),
              ElementsAre(2, 42));
  EXPECT_THAT(ReasonsOf(translation.skips), ElementsAre(SkipReason::kDuplicate));
}

TEST(Translate, LabelValuesThatOnlyJoinToTheSameTextAreDifferentSeries) {
  Metric metric = MakeMetric(Category::kNumRequests, Scope::kUser, "ab");
  metric.user = "c";
  Metric other = metric;
  other.name = "a";
  other.user = "bc";
  EXPECT_EQ(CountSamples(TranslateAll({metric, other}).samples), 2U);
}

TEST(Translate, DuplicatesAreFoundAmongThousandsOfSeries) {
  constexpr int kSeries = 20'000;
  std::vector<std::string> names;
  for (int i = 0; i < kSeries; ++i) names.push_back("command_" + std::to_string(i));
  std::vector<Metric> metrics;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < kSeries; ++i) {
      metrics.push_back(
          MakeMetric(Category::kNumRequests, Scope::kGlobal, names[static_cast<std::size_t>(i)]));
      metrics.back().value = round * kSeries + i;
    }
  }
  const auto [samples, skips, shortened, first] = TranslateAll(metrics);
  EXPECT_EQ(skips.Of(SkipReason::kDuplicate).count, std::size_t{kSeries});
  const auto values = ValuesOf(samples, FamilyId::kNumberOfRequestsPerCommand);
  ASSERT_THAT(values, SizeIs(kSeries));
  EXPECT_EQ(values[777], kSeries + 777);
  EXPECT_EQ(LabelOf(samples, FamilyId::kNumberOfRequestsPerCommand, 777), "command_777");
}

TEST(Translate, LabelValuesOverTheLimitAreShortenedAndStaySeparate) {
  constexpr std::size_t kLimit = 100;
  const std::string start(200, 'u');
  const std::vector<std::string> users = {start + "1", start + "2", std::string(kLimit, 'u'),
                                          start + "1"};
  std::vector<Metric> metrics;
  for (const std::string& user : users) {
    metrics.push_back(MakeMetric(Category::kNumRequests, Scope::kUser, "total"));
    metrics.back().user = user;
  }
  const Translation translation = TranslateAll(metrics, kLimit);
  EXPECT_EQ(translation.shortened_labels, 3U);
  EXPECT_EQ(translation.first_shortened, Excerpt(start + "1"));
  const FamilyId family = FamilyId::kPerUserTotalNumberOfRequests;
  ASSERT_THAT(translation.samples.Of(family), SizeIs(3)) << "one user twice, and three that differ";
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(LabelOf(translation.samples, family, i).size(), kLimit);
  }
  EXPECT_EQ(LabelOf(translation.samples, family, 2), std::string(kLimit, 'u'));
}

TEST(Translate, ALabelBesideOneThatIsShortenedStaysAsItIs) {
  Metric metric = MakeMetric(Category::kNumRequests, Scope::kUser, "arange");
  const std::string user(2'000, 'u');
  metric.user = user;
  const Translation translation = TranslateAll({metric}, 1024);
  EXPECT_EQ(LabelOf(translation.samples, FamilyId::kPerUserNumberOfRequestsPerCommand, 0),
            "arange");
  EXPECT_THAT(ValuesOf(translation.samples, FamilyId::kPerUserNumberOfRequestsPerCommand),
              ElementsAre(42));
}

TEST(Translate, LocalesOfBothRepliesAreShortenedAlike) {
  const std::string hostname(2'000, 'h');
  Metric metric = MakeMetric(Category::kSystem, Scope::kLocale, "arkouda_memory_used_per_locale");
  metric.locale_hostname = hostname;
  const Translation translation = TranslateAll(
      {metric}, 1024,
      {.identity = {}, .locales = {{.id = "3", .name = "node3", .hostname = hostname}}});
  EXPECT_EQ(LabelsOf(translation.samples, FamilyId::kMemoryUsedPerLocale),
            LabelsOf(translation.samples, FamilyId::kMemoryPerLocale));
}

TEST(Translate, WithoutALimitNothingIsShortened) {
  const std::string user(1'000'000, 'u');
  Metric metric = MakeMetric(Category::kNumRequests, Scope::kUser, "total");
  metric.user = user;
  const Translation translation = TranslateAll({metric}, 0);
  EXPECT_EQ(translation.shortened_labels, 0U);
  EXPECT_EQ(LabelsOf(translation.samples, FamilyId::kPerUserTotalNumberOfRequests).front(),
            "user=" + user);
}

TEST(Translate, EntriesThatNoFamilyTakesAreCountedByWhy) {
  const auto reasons_of = [](Category category, Scope scope, std::string_view name) {
    const Translation translation = TranslateAll({MakeMetric(category, scope, name)});
    EXPECT_EQ(CountSamples(translation.samples), 0U);
    return ReasonsOf(translation.skips);
  };
  EXPECT_THAT(reasons_of(Category::kSystem, Scope::kLocale, "cpu_temperature"),
              ElementsAre(SkipReason::kUnknownName));
  EXPECT_THAT(reasons_of(Category::kSystem, Scope::kGlobal, "arkouda_memory_used_per_locale"),
              ElementsAre(SkipReason::kUnknownScope));
  EXPECT_THAT(reasons_of(Category::kServer, Scope::kGlobal, "uptime_seconds"),
              ElementsAre(SkipReason::kUnknownName));
  // A locale's or user's value must not take the place of the server's.
  for (const Category category :
       {Category::kResponseTime, Category::kAvgResponseTime, Category::kTotalResponseTime,
        Category::kTotalMemoryUsed, Category::kServer, Category::kNumErrors}) {
    for (const Scope scope : {Scope::kLocale, Scope::kUser}) {
      EXPECT_THAT(reasons_of(category, scope, "total"), ElementsAre(SkipReason::kUnknownScope))
          << kCategoryNames[static_cast<std::size_t>(category)];
    }
  }
  EXPECT_THAT(reasons_of(Category::kNumRequests, Scope::kLocale, "total"),
              ElementsAre(SkipReason::kUnknownScope));
}

}  // namespace
}  // namespace arkouda_exporter
