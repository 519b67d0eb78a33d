#include "exporter/web/negotiation.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ascii.h"

namespace arkouda_exporter {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// The text up to the separator, which goes with it. One between quotes is not one (RFC 9110, 5.6).
std::string_view TakeUntil(std::string_view& text, char separator) {
  bool is_quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (is_quoted || text[end] != separator); ++end) {
    if (text[end] == '"') is_quoted = !is_quoted;
    if (text[end] == '\\' && is_quoted && end + 1 < text.size()) ++end;
  }
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(text.size(), end + 1));
  return taken;
}

std::string_view Unquoted(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && text.starts_with('"') && text.ends_with('"');
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

// An element of a list in which a client weighs what it would rather have (RFC 9110, 12.4).
struct Choice {
  std::string name;                               // in small letters
  std::map<std::string, std::string> parameters;  // names in small letters; without the weight
  double weight = 1;
};

// A weight that is not a number counts as 0: what nobody understands is not chosen.
double ParseWeight(std::string_view text) {
  double weight = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
  const bool is_weight = error == std::errc() && rest == text.data() + text.size();
  return is_weight && weight >= 0 && weight <= 1 ? weight : 0;
}

std::vector<Choice> ParseChoices(std::string_view header) {
  std::vector<Choice> choices;
  while (!header.empty()) {
    std::string_view element = TakeUntil(header, ',');
    Choice choice{.name = ToLower(Trimmed(TakeUntil(element, ';')))};
    while (!element.empty()) {
      std::string_view parameter = TakeUntil(element, ';');
      const std::string name = ToLower(Trimmed(TakeUntil(parameter, '=')));
      const std::string_view value = Unquoted(Trimmed(parameter));
      if (name == "q") {
        choice.weight = ParseWeight(value);
      } else if (!name.empty()) {
        choice.parameters.emplace(name, value);
      }
    }
    if (!choice.name.empty()) choices.push_back(std::move(choice));
  }
  return choices;
}

// nullopt: neither of the formats.
std::optional<ExpositionFormat> FormatOf(const Choice& choice) {
  const auto found = choice.parameters.find("version");
  const bool has_version = found != choice.parameters.end();
  if (choice.name == "application/openmetrics-text" && (!has_version || found->second == "1.0.0")) {
    return ExpositionFormat::kOpenMetrics;
  }
  if (choice.name == "text/plain" && (!has_version || found->second == "0.0.4")) {
    return ExpositionFormat::kText;
  }
  return std::nullopt;
}

ExpositionFormat PreferredFormat(std::string_view accept) {
  auto format = ExpositionFormat::kText;
  double weight = 0;
  for (const Choice& choice : ParseChoices(accept)) {
    const auto offered = FormatOf(choice);
    if (!offered || choice.weight <= weight) continue;  // of two that weigh the same, the first
    format = *offered;
    weight = choice.weight;
  }
  return format;
}

bool AcceptsGzip(std::string_view accept_encoding) {
  std::optional<double> gzip;
  std::optional<double> any;
  double identity = 0;
  for (const Choice& choice : ParseChoices(accept_encoding)) {
    if (choice.name == "gzip" || choice.name == "x-gzip") gzip = choice.weight;
    if (choice.name == "*") any = choice.weight;
    if (choice.name == "identity") identity = choice.weight;
  }
  const double weight = gzip.value_or(any.value_or(0));
  return weight > 0 && weight >= identity;
}

}  // namespace

PageWish WishOf(const Request& request) {
  PageWish wish;
  wish.selection.format = PreferredFormat(request.Header("Accept").value_or(""));
  wish.gzip = AcceptsGzip(request.Header("Accept-Encoding").value_or(""));
  const auto [first, last] = request.query.equal_range("name[]");
  for (auto name = first; name != last; ++name) wish.selection.names.insert(name->second);
  return wish;
}

}  // namespace arkouda_exporter
