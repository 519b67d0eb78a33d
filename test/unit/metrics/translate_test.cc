#include "exporter/metrics/translate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "exporter/metrics/family_table.h"

namespace arkouda_exporter {
namespace {

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

std::vector<std::string> LabelsOf(const Samples& samples, FamilyId id) {
  std::vector<std::string> labels;
  const Family& family = GetFamily(id);
  for (std::size_t i = 0; i < family.labels.size(); ++i) {
    labels.push_back(std::string(family.labels[i].name) + "=" +
                     std::string(samples.LabelValue(samples.Of(id).front(), i)));
  }
  return labels;
}

std::size_t CountSamples(const Samples& samples) {
  std::size_t count = 0;
  for (const Family& family : Families()) count += samples.Of(family.id).size();
  return count;
}

class TranslateFamily : public ::testing::TestWithParam<FamilyCase> {};

TEST_P(TranslateFamily, TakesItsEntriesWithItsLabels) {
  const FamilyCase& expected = GetParam();
  Translator translator;
  EXPECT_EQ(translator.Add(MakeMetric(expected.category, expected.scope, expected.entry_name)),
            std::nullopt);
  const Samples samples = translator.Take();
  EXPECT_EQ(GetFamily(expected.id).name, expected.name);
  ASSERT_THAT(samples.Of(expected.id), SizeIs(1));
  EXPECT_EQ(samples.Of(expected.id).front().value, 42);
  EXPECT_EQ(LabelsOf(samples, expected.id), expected.labels);
  EXPECT_EQ(CountSamples(samples), 1U) << "no other family takes it too";
}

INSTANTIATE_TEST_SUITE_P(EveryRow, TranslateFamily, ::testing::ValuesIn(kCases),
                         [](const auto& test) { return test.param.name; });

TEST(Translate, ConnectionsAreKnownByEitherNameOfTheirs) {
  for (const char* name : {"number_of_connections", "arkouda_number_of_connections"}) {
    Translator translator;
    EXPECT_EQ(translator.Add(MakeMetric(Category::kServer, Scope::kGlobal, name)), std::nullopt);
    EXPECT_THAT(translator.Take().Of(FamilyId::kNumberOfConnections), SizeIs(1));
  }
}

TEST(Translate, EveryFamilyMadeOfEntriesHasACaseHere) {
  std::set<FamilyId> covered;
  for (const FamilyCase& known : kCases) covered.insert(known.id);
  for (const Family& family : Families()) {
    EXPECT_EQ(covered.count(family.id) == 1, family.entries.has_value()) << family.name;
  }
}

TEST(Translate, ServerInfoFillsTheFamiliesThatAreNotMadeOfEntries) {
  Translator translator;
  translator.Add({.identity = ServerInfo::Identity{.hostname = "node0.cluster",
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
                               .max_tasks = 4}}});
  const Samples samples = translator.Take();
  EXPECT_EQ(
      LabelsOf(samples, FamilyId::kServerInformation),
      (std::vector<std::string>{"arkouda_server_hostname=node0.cluster",
                                "arkouda_version=v2024.04.19", "arkouda_number_of_locales=2"}));
  EXPECT_EQ(samples.Of(FamilyId::kServerInformation).front().value, 1);
  EXPECT_EQ(LabelsOf(samples, FamilyId::kMemoryPerLocale),
            (std::vector<std::string>{"locale_name=n0", "locale_num=0", "locale_hostname=h0"}));
  ASSERT_THAT(samples.Of(FamilyId::kMemoryPerLocale), SizeIs(2));
  EXPECT_EQ(samples.Of(FamilyId::kMemoryPerLocale)[0].value, 34359738368.0);
  EXPECT_EQ(samples.Of(FamilyId::kProcessingUnitsPerLocale)[1].value, 7);
  EXPECT_EQ(samples.Of(FamilyId::kMaxNumberOfTasksPerLocale)[1].value, 4);
}

TEST(Translate, OfALocaleThatServerInformationNamesTwiceTheLastWins) {
  ServerInfo info;
  for (const std::int64_t bytes : {1, 2, 3}) {
    info.locales.push_back({.id = bytes == 2 ? "1" : "0",
                            .name = "n",
                            .hostname = "h",
                            .processing_units = 1,
                            .physical_memory = bytes,
                            .max_tasks = 1});
  }
  std::vector<std::string> dropped;
  DropDuplicateLocales(info, [&](SkipReason reason, std::string_view name) {
    EXPECT_EQ(reason, SkipReason::kDuplicate);
    dropped.emplace_back(name);
  });
  EXPECT_THAT(dropped, ::testing::ElementsAre("n"));
  ASSERT_THAT(info.locales, SizeIs(2));
  EXPECT_EQ(info.locales[0].physical_memory, 3);
  EXPECT_EQ(info.locales[1].physical_memory, 2);
}

TEST(Translate, OfDuplicatesTheLastWinsAndIsCounted) {
  Translator translator;
  Metric metric = MakeMetric(Category::kNumRequests, Scope::kUser, "arange");
  metric.value = 1;
  EXPECT_EQ(translator.Add(metric), std::nullopt);
  Metric other_user = metric;
  other_user.user = "bob";
  EXPECT_EQ(translator.Add(other_user), std::nullopt);
  metric.value = 2;
  EXPECT_EQ(translator.Add(metric), SkipReason::kDuplicate);
  const Samples samples = translator.Take();
  const auto& lines = samples.Of(FamilyId::kPerUserNumberOfRequestsPerCommand);
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_EQ(lines[0].value, 2);
  EXPECT_EQ(lines[1].value, 1);
}

TEST(Translate, LabelValuesThatOnlyJoinToTheSameTextAreDifferentSeries) {
  Translator translator;
  Metric metric = MakeMetric(Category::kNumRequests, Scope::kUser, "ab");
  metric.user = "c";
  EXPECT_EQ(translator.Add(metric), std::nullopt);
  metric.name = "a";
  metric.user = "bc";
  EXPECT_EQ(translator.Add(metric), std::nullopt);
}

TEST(Translate, DuplicatesAreFoundAmongThousandsOfSeries) {
  constexpr int kSeries = 20'000;
  Translator translator;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < kSeries; ++i) {
      const std::string name = "command_" + std::to_string(i);
      Metric metric = MakeMetric(Category::kNumRequests, Scope::kGlobal, name);
      metric.value = round * kSeries + i;
      EXPECT_EQ(translator.Add(metric),
                round == 0 ? std::nullopt : std::optional(SkipReason::kDuplicate));
    }
  }
  const Samples samples = translator.Take();
  const auto& lines = samples.Of(FamilyId::kNumberOfRequestsPerCommand);
  ASSERT_THAT(lines, SizeIs(kSeries));
  EXPECT_EQ(lines[777].value, kSeries + 777);
  EXPECT_EQ(samples.LabelValue(lines[777], 0), "command_777");
}

TEST(Translate, LabelValuesOverTheLimitAreShortenedAndStaySeparate) {
  constexpr std::size_t kLimit = 100;
  const std::string start(200, 'u');
  Translator translator(kLimit);
  Metric metric = MakeMetric(Category::kNumRequests, Scope::kUser, "total");
  for (const std::string& user :
       {start + "1", start + "2", std::string(kLimit, 'u'), start + "1"}) {
    metric.user = user;
    translator.Add(metric);
  }
  EXPECT_EQ(translator.shortened_labels(), 3U);
  EXPECT_EQ(translator.first_shortened(), start + "1");
  const Samples samples = translator.Take();
  const auto& lines = samples.Of(FamilyId::kPerUserTotalNumberOfRequests);
  ASSERT_THAT(lines, SizeIs(3)) << "one user twice, and three that differ";
  for (const auto& line : lines) EXPECT_EQ(samples.LabelValue(line, 0).size(), kLimit);
  EXPECT_EQ(samples.LabelValue(lines[2], 0), std::string(kLimit, 'u'));
}

TEST(Translate, LocalesOfBothRepliesAreShortenedAlike) {
  const std::string hostname(2'000, 'h');
  Translator translator(1024);
  Metric metric = MakeMetric(Category::kSystem, Scope::kLocale, "arkouda_memory_used_per_locale");
  metric.locale_hostname = hostname;
  translator.Add(metric);
  translator.Add({.identity = {}, .locales = {{.id = "3", .name = "node3", .hostname = hostname}}});
  const Samples samples = translator.Take();
  EXPECT_EQ(LabelsOf(samples, FamilyId::kMemoryUsedPerLocale),
            LabelsOf(samples, FamilyId::kMemoryPerLocale));
}

TEST(Translate, WithoutALimitNothingIsShortened) {
  const std::string user(1'000'000, 'u');
  Translator translator(0);
  Metric metric = MakeMetric(Category::kNumRequests, Scope::kUser, "total");
  metric.user = user;
  translator.Add(metric);
  EXPECT_EQ(translator.shortened_labels(), 0U);
  EXPECT_EQ(LabelsOf(translator.Take(), FamilyId::kPerUserTotalNumberOfRequests).front(),
            "user=" + user);
}

TEST(Translate, EntriesThatNoFamilyTakesAreCountedByWhy) {
  Translator translator;
  EXPECT_EQ(translator.Add(MakeMetric(Category::kSystem, Scope::kLocale, "cpu_temperature")),
            SkipReason::kUnknownName);
  EXPECT_EQ(translator.Add(
                MakeMetric(Category::kSystem, Scope::kGlobal, "arkouda_memory_used_per_locale")),
            SkipReason::kUnknownScope);
  EXPECT_EQ(translator.Add(MakeMetric(Category::kServer, Scope::kGlobal, "uptime_seconds")),
            SkipReason::kUnknownName);
  // A locale's or user's value must not take the place of the server's.
  for (const Category category :
       {Category::kResponseTime, Category::kAvgResponseTime, Category::kTotalResponseTime,
        Category::kTotalMemoryUsed, Category::kServer, Category::kNumErrors}) {
    for (const Scope scope : {Scope::kLocale, Scope::kUser}) {
      EXPECT_EQ(translator.Add(MakeMetric(category, scope, "total")), SkipReason::kUnknownScope)
          << kCategoryNames[static_cast<std::size_t>(category)];
    }
  }
  EXPECT_EQ(translator.Add(MakeMetric(Category::kNumRequests, Scope::kLocale, "total")),
            SkipReason::kUnknownScope);
  EXPECT_EQ(translator.first_timestamp(), std::nullopt);
  EXPECT_EQ(CountSamples(translator.Take()), 0U);
}

}  // namespace
}  // namespace arkouda_exporter
