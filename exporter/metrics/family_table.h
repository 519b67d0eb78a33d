#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "common/metric.h"

namespace arkouda_exporter {

/// The families that carry Arkouda's numbers, in the order of the page. Their names, labels and
/// types are a contract with the dashboards of the Python exporter (README, "Families").
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
};
inline constexpr std::size_t kFamilyCount = 18;

/// What a label's value is taken from. The second group comes from SERVER_INFO alone.
enum class LabelSource {
  kName,
  kUser,
  kLocaleName,
  kLocaleNum,
  kLocaleHostname,
  kServerHostname,
  kServerVersion,
  kNumberOfLocales,
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
  std::string_view help;
  std::span<const Label> labels;       ///< beside `arkouda_server_name`, which every series carries
  std::optional<EntryFilter> entries;  ///< nullopt: not made of entries
};

/// All families; the element at index i has the id i.
const std::array<Family, kFamilyCount>& Families();

const Family& GetFamily(FamilyId id);

/// The family that an entry belongs to, or nullptr.
const Family* FamilyOf(const Metric& metric);

/// Whether any family takes entries of this category in this scope, whatever their name.
bool IsScopeUsed(MetricCategory category, MetricScope scope);

}  // namespace arkouda_exporter
