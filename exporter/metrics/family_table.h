#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "common/metric.h"

namespace arkouda_exporter {

/// The families of a target, in the order of the page: first those that carry Arkouda's numbers,
/// whose names, labels and types are a contract with the dashboards of the Python exporter (README,
/// "Families"), then what the exporter says of the target itself.
enum class FamilyId : std::size_t {
  kTotalNumberOfRequests,
  kNumberOfRequestsPerCommand,
  kPerUserTotalNumberOfRequests,
  kPerUserNumberOfRequestsPerCommand,
  kResponseTimesPerCommand,
  kAvgResponseTimesPerCommand,
  kTotalResponseTimesPerCommand,
  kTotalMemoryUsedPerCommand,
  kMemoryUsedPerLocale,
  kPctMemoryUsedPerLocale,
  kNumberOfConnections,
  kTotalNumberOfErrors,
  kNumberOfErrorsPerErrorType,
  kReportedTimestamp,
  kServerInformation,
  kMemoryPerLocale,
  kProcessingUnitsPerLocale,
  kMaxNumberOfTasksPerLocale,
  kPolls,
  kSkippedEntries,
  kShortenedLabels,
  kUp,
  kTargetState,
  kPollingInterval,
  kLastSuccessfulPoll,
  kReplyBytes,
  kPollDuration,
};
inline constexpr std::size_t kArkoudaFamilyCount = 18;
inline constexpr std::size_t kFamilyCount = 27;

/// Which text of an entry a label's value is (Entries::Text). The second group is that of entries
/// made of SERVER_INFO; kOwn is a name that the exporter gives, such as a state's.
enum class LabelSource : std::size_t {
  kName = 0,
  kUser = 1,
  kLocaleName = 1,
  kLocaleNum = 2,
  kLocaleHostname = 3,

  kServerHostname = 1,
  kServerVersion = 2,
  kNumberOfLocales = 3,

  kOwn,
};

struct Label {
  std::string_view name;
  LabelSource source = LabelSource::kName;
};

inline constexpr std::size_t kMostLabels = 3;

/// Which entries of an `ALL` reply a family is made of. An entry belongs to the first row that
/// takes it; what no row names is left out, since a later Arkouda's new number must never be served
/// under an old name.
struct EntryFilter {
  MetricCategory category;
  MetricScope scope;
  std::span<const std::string_view> names;  ///< empty: any, where the name is a label's value
};

struct Family {
  FamilyId id;
  std::string_view name;
  std::string_view type;  ///< as a `# TYPE` line has it
  std::string_view help;
  std::span<const Label> labels;       ///< beside `arkouda_server_name`, which every series carries
  std::optional<EntryFilter> entries;  ///< nullopt: not made of entries
};

/// All families; the element at index i has the id i.
std::span<const Family, kFamilyCount> Families();
/// Those of them that carry Arkouda's numbers, and the exporter's own about a target.
std::span<const Family> ArkoudaFamilies();
std::span<const Family> OwnFamilies();

const Family& GetFamily(FamilyId id);

/// The family that an entry with this name belongs to, or nullptr.
const Family* FamilyOf(MetricCategory category, MetricScope scope, std::string_view name);

/// Whether any family takes entries of this category in this scope, whatever their name.
bool IsScopeUsed(MetricCategory category, MetricScope scope);

}  // namespace arkouda_exporter
