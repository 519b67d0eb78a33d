#include "exporter/process/settings.h"

#include <algorithm>

namespace arkouda_exporter {

std::chrono::milliseconds DefaultTimeout(std::chrono::milliseconds polling_interval) {
  constexpr std::chrono::milliseconds kLongest = std::chrono::seconds(10);
  return std::min(polling_interval, kLongest);
}

LogLevel DefaultLogLevel(Command command) {
  return command == Command::kOnce ? LogLevel::kWarn : LogLevel::kInfo;
}

}  // namespace arkouda_exporter
