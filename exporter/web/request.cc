#include "exporter/web/request.h"

#include <algorithm>

#include "common/ascii.h"

namespace arkouda_exporter {

bool LessIgnoringCase::operator()(std::string_view left, std::string_view right) const {
  return std::lexicographical_compare(
      left.begin(), left.end(), right.begin(), right.end(),
      [](char one, char other) { return ToLower(one) < ToLower(other); });
}

std::optional<std::string> Request::Header(std::string_view name) const {
  std::optional<std::string> value;
  const auto [first, last] = headers.equal_range(name);
  for (auto field = first; field != last; ++field) {
    value = value ? *value + ", " + field->second : field->second;
  }
  return value;
}

}  // namespace arkouda_exporter
