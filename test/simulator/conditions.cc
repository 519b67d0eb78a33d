#include "test/simulator/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

#include "common/quote.h"

namespace arkouda_simulator {
namespace {

std::optional<std::size_t> ReadNumber(std::string_view digits) {
  std::size_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [rest, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

}  // namespace

tl::expected<std::vector<Condition>, std::string> ParseConditions(std::string_view text,
                                                                  std::size_t servers) {
  std::vector<Condition> conditions(servers, Condition::kAnswering);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, space);
    const std::string_view range = line.substr(std::min(space + 1, line.size()));
    const std::size_t dash = range.find('-');
    const auto first = ReadNumber(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : ReadNumber(range.substr(dash + 1));
    const bool is_gone = word == "gone";
    if ((!is_gone && word != "hanging") || !first || !last || *first > *last || *last >= servers) {
      return tl::unexpected(
          fmt::format("\"{}\": expected gone or hanging, and numbers from 0 to {} such as 0-{}",
                      arkouda_exporter::QuoteBytes(line), servers - 1, servers - 1));
    }
    std::fill_n(std::next(conditions.begin(), static_cast<std::ptrdiff_t>(*first)),
                *last - *first + 1, is_gone ? Condition::kGone : Condition::kHanging);
  }
  return conditions;
}

}  // namespace arkouda_simulator
