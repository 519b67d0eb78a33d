#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace arkouda_exporter {

/// The port that Arkouda's metrics daemon binds unless METRICS_SERVER_PORT says otherwise
/// (Arkouda, src/ServerDaemon.chpl).
inline constexpr std::uint16_t kDefaultMetricsPort = 5556;

/// The label that every series of a server carries, with its name.
inline constexpr std::string_view kServerNameLabel = "arkouda_server_name";

/// The values of an entry's `category` (Arkouda, src/MetricsMsg.chpl).
enum class MetricCategory : std::uint8_t {
  kNumRequests,
  kResponseTime,
  kAvgResponseTime,
  kTotalResponseTime,
  kTotalMemoryUsed,
  kSystem,
  kServer,
  kNumErrors,
};

/// The values of an entry's `scope` (Arkouda, src/MetricsMsg.chpl).
enum class MetricScope : std::uint8_t { kGlobal, kLocale, kUser };

/// Category and scope as they are spelled on the wire, in the order of the enumerators.
inline constexpr std::array<std::string_view, 8> kCategoryNames = {"NUM_REQUESTS",
                                                                   "RESPONSE_TIME",
                                                                   "AVG_RESPONSE_TIME",
                                                                   "TOTAL_RESPONSE_TIME",
                                                                   "TOTAL_MEMORY_USED",
                                                                   "SYSTEM",
                                                                   "SERVER",
                                                                   "NUM_ERRORS"};
inline constexpr std::array<std::string_view, 3> kScopeNames = {"GLOBAL", "LOCALE", "USER"};

/// One entry of the reply to `metrics`/`ALL`. Views: the text belongs to whoever made the entry,
/// and is valid as long as that says.
struct Metric {
  std::string_view name;
  MetricCategory category = MetricCategory::kNumRequests;
  MetricScope scope = MetricScope::kGlobal;
  std::string_view timestamp;  ///< the server's wall clock, `2022-08-15T06:52:33.745847`, no zone
  double value = 0;
  std::int64_t locale_num = 0;  ///< scope LOCALE only, as the next two
  std::string_view locale_name;
  std::string_view locale_hostname;
  std::string_view user;  ///< scope USER only
};

/// One locale of a SERVER_INFO reply.
struct LocaleInfo {
  std::string id;  ///< decimal; a string on the wire, where a metric's `locale_num` is an integer
  std::string name;
  std::string hostname;
  std::int64_t processing_units = 0;
  std::int64_t physical_memory = 0;  ///< bytes
  std::int64_t max_tasks = 0;
};

}  // namespace arkouda_exporter
