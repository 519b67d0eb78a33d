#include "exporter/metrics/family_table.h"

#include <algorithm>
#include <array>

namespace arkouda_exporter {
namespace {

using Category = MetricCategory;
using Scope = MetricScope;

constexpr std::array<Label, 1> kCommand = {{{"command", LabelSource::kName}}};
constexpr std::array<Label, 1> kErrorType = {{{"error_type", LabelSource::kName}}};
constexpr std::array<Label, 1> kUser = {{{"user", LabelSource::kUser}}};
constexpr std::array<Label, 2> kCommandAndUser = {
    {{"command", LabelSource::kName}, {"user", LabelSource::kUser}}};
constexpr std::array<Label, 3> kLocale = {{{"locale_name", LabelSource::kLocaleName},
                                           {"locale_num", LabelSource::kLocaleNum},
                                           {"locale_hostname", LabelSource::kLocaleHostname}}};
constexpr std::array<Label, 3> kServer = {
    {{"arkouda_server_hostname", LabelSource::kServerHostname},
     {"arkouda_version", LabelSource::kServerVersion},
     {"arkouda_number_of_locales", LabelSource::kNumberOfLocales}}};

constexpr std::array<Label, 1> kResult = {{{"result", LabelSource::kOwn}}};
constexpr std::array<Label, 1> kReason = {{{"reason", LabelSource::kOwn}}};
constexpr std::array<Label, 1> kState = {{{"state", LabelSource::kOwn}}};

constexpr std::array<std::string_view, 1> kTotal = {"total"};
constexpr std::array<std::string_view, 1> kMemoryUsed = {"arkouda_memory_used_per_locale"};
constexpr std::array<std::string_view, 1> kPercentMemoryUsed = {
    "arkouda_percent_memory_used_per_locale"};
// No release so far sends an entry of the category SERVER (Arkouda, src/MetricsMsg.chpl).
constexpr std::array<std::string_view, 2> kConnections = {"number_of_connections",
                                                          "arkouda_number_of_connections"};

constexpr EntryFilter Named(Category category, Scope scope,
                            std::span<const std::string_view> names) {
  return {category, scope, names};
}

constexpr EntryFilter AnyOther(Category category, Scope scope) { return {category, scope, {}}; }

constexpr std::array<Family, kFamilyCount> kFamilies = {{
    {FamilyId::kTotalNumberOfRequests,
     "arkouda_total_number_of_requests",
     "gauge",
     "Requests since the Arkouda server started.",
     {},
     Named(Category::kNumRequests, Scope::kGlobal, kTotal)},
    {FamilyId::kNumberOfRequestsPerCommand, "arkouda_number_of_requests_per_command", "gauge",
     "Requests since the Arkouda server started, by command.", kCommand,
     AnyOther(Category::kNumRequests, Scope::kGlobal)},
    {FamilyId::kPerUserTotalNumberOfRequests, "arkouda_per_user_total_number_of_requests", "gauge",
     "Requests since the Arkouda server started, by user.", kUser,
     Named(Category::kNumRequests, Scope::kUser, kTotal)},
    {FamilyId::kPerUserNumberOfRequestsPerCommand,
     "arkouda_per_user_number_of_requests_per_command", "gauge",
     "Requests since the Arkouda server started, by command and user.", kCommandAndUser,
     AnyOther(Category::kNumRequests, Scope::kUser)},
    {FamilyId::kResponseTimesPerCommand, "arkouda_response_times_per_command", "gauge",
     "Seconds that the last run of the command took.", kCommand,
     AnyOther(Category::kResponseTime, Scope::kGlobal)},
    {FamilyId::kAvgResponseTimesPerCommand, "arkouda_avg_response_times_per_command", "gauge",
     "Seconds that the command takes, the mean of its runs.", kCommand,
     AnyOther(Category::kAvgResponseTime, Scope::kGlobal)},
    {FamilyId::kTotalResponseTimesPerCommand, "arkouda_total_response_times_per_command", "gauge",
     "Seconds that the command took, summed over its runs.", kCommand,
     AnyOther(Category::kTotalResponseTime, Scope::kGlobal)},
    {FamilyId::kTotalMemoryUsedPerCommand, "arkouda_total_memory_used_per_command", "gauge",
     "Gigabytes (1e9 bytes) in use after the command, summed over its runs.", kCommand,
     AnyOther(Category::kTotalMemoryUsed, Scope::kGlobal)},
    {FamilyId::kMemoryUsedPerLocale, "arkouda_memory_used_per_locale", "gauge",
     "Bytes that Arkouda uses on the locale.", kLocale,
     Named(Category::kSystem, Scope::kLocale, kMemoryUsed)},
    {FamilyId::kPctMemoryUsedPerLocale, "arkouda_pct_memory_used_per_locale", "gauge",
     "Percentage of the locale's memory that Arkouda uses.", kLocale,
     Named(Category::kSystem, Scope::kLocale, kPercentMemoryUsed)},
    {FamilyId::kNumberOfConnections,
     "arkouda_number_of_connections",
     "gauge",
     "Clients connected to the Arkouda server.",
     {},
     Named(Category::kServer, Scope::kGlobal, kConnections)},
    {FamilyId::kTotalNumberOfErrors,
     "arkouda_total_number_of_errors",
     "gauge",
     "Errors since the Arkouda server started.",
     {},
     Named(Category::kNumErrors, Scope::kGlobal, kTotal)},
    {FamilyId::kNumberOfErrorsPerErrorType, "arkouda_number_of_errors_per_error_type", "gauge",
     "Errors since the Arkouda server started, by type.", kErrorType,
     AnyOther(Category::kNumErrors, Scope::kGlobal)},
    {FamilyId::kReportedTimestamp,
     "arkouda_reported_timestamp",
     "gauge",
     "When the Arkouda server took these metrics by its own clock, in Unix seconds.",
     {},
     std::nullopt},
    {FamilyId::kServerInformation, "arkouda_server_information_info", "gauge",
     "The Arkouda server's host, version and number of locales; always 1.", kServer, std::nullopt},
    {FamilyId::kMemoryPerLocale, "arkouda_memory_per_locale", "gauge",
     "Bytes of physical memory of the locale.", kLocale, std::nullopt},
    {FamilyId::kProcessingUnitsPerLocale, "arkouda_processing_units_per_locale", "gauge",
     "Processing units of the locale.", kLocale, std::nullopt},
    {FamilyId::kMaxNumberOfTasksPerLocale, "arkouda_max_number_of_tasks_per_locale", "gauge",
     "Tasks that the locale runs at most at once.", kLocale, std::nullopt},
    {FamilyId::kPolls, "arkouda_exporter_polls_total", "counter", "Polls of Arkouda by result.",
     kResult, std::nullopt},
    {FamilyId::kSkippedEntries, "arkouda_exporter_skipped_entries_total", "counter",
     "Entries of Arkouda's replies that were left out, by reason.", kReason, std::nullopt},
    {FamilyId::kShortenedLabels,
     "arkouda_exporter_shortened_labels_total",
     "counter",
     "Label values that were over the limit and were cut.",
     {},
     std::nullopt},
    {FamilyId::kUp,
     "arkouda_up",
     "gauge",
     "Whether the last poll of Arkouda was answered in time.",
     {},
     std::nullopt},
    {FamilyId::kTargetState, "arkouda_exporter_target_state", "gauge",
     "1 for the state that Arkouda is in, else 0.", kState, std::nullopt},
    {FamilyId::kPollingInterval,
     "arkouda_exporter_polling_interval_seconds",
     "gauge",
     "How often Arkouda is polled.",
     {},
     std::nullopt},
    {FamilyId::kLastSuccessfulPoll,
     "arkouda_exporter_last_successful_poll_timestamp_seconds",
     "gauge",
     "When Arkouda last answered, in Unix seconds; 0 before that.",
     {},
     std::nullopt},
    {FamilyId::kReplyBytes,
     "arkouda_exporter_reply_bytes",
     "gauge",
     "Size of Arkouda's last reply with metrics.",
     {},
     std::nullopt},
    {FamilyId::kPollDuration,
     "arkouda_exporter_poll_duration_seconds",
     "histogram",
     "Time from a poll's request to its published snapshot, of answered polls.",
     {},
     std::nullopt},
}};

constexpr bool IsIndexedById() {
  for (std::size_t i = 0; i < kFamilies.size(); ++i) {
    if (static_cast<std::size_t>(kFamilies[i].id) != i) return false;
    if (kFamilies[i].labels.size() > kMostLabels) return false;
  }
  return true;
}
static_assert(IsIndexedById());

bool TakesScope(const Family& family, Category category, Scope scope) {
  return family.entries && family.entries->category == category && family.entries->scope == scope;
}

bool TakesName(const EntryFilter& entries, std::string_view name) {
  return entries.names.empty() ||
         std::find(entries.names.begin(), entries.names.end(), name) != entries.names.end();
}

}  // namespace

std::span<const Family, kFamilyCount> Families() { return kFamilies; }

std::span<const Family> ArkoudaFamilies() { return Families().first(kArkoudaFamilyCount); }

std::span<const Family> OwnFamilies() { return Families().subspan(kArkoudaFamilyCount); }

const Family& GetFamily(FamilyId id) { return kFamilies[static_cast<std::size_t>(id)]; }

const Family* FamilyOf(MetricCategory category, MetricScope scope, std::string_view name) {
  const auto families = ArkoudaFamilies();
  const auto found = std::find_if(families.begin(), families.end(), [&](const Family& family) {
    return TakesScope(family, category, scope) && TakesName(*family.entries, name);
  });
  return found == families.end() ? nullptr : &*found;
}

bool IsScopeUsed(MetricCategory category, MetricScope scope) {
  const auto families = ArkoudaFamilies();
  return std::any_of(families.begin(), families.end(),
                     [&](const Family& family) { return TakesScope(family, category, scope); });
}

}  // namespace arkouda_exporter
