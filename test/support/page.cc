#include "test/support/page.h"

#include <charconv>
#include <limits>
#include <utility>

#include "common/quote.h"

namespace arkouda_exporter::testing {
namespace {

bool IsNameByte(char c, bool is_first) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  return is_letter || (!is_first && c >= '0' && c <= '9');
}

std::string TakeName(std::string_view& rest) {
  std::size_t size = 0;
  while (size < rest.size() && IsNameByte(rest[size], size == 0)) ++size;
  std::string name(rest.substr(0, size));
  rest.remove_prefix(size);
  return name;
}

bool Take(std::string_view& rest, std::string_view prefix) {
  if (!rest.starts_with(prefix)) return false;
  rest.remove_prefix(prefix.size());
  return true;
}

bool IsKnownType(std::string_view type) {
  return type == "counter" || type == "gauge" || type == "histogram" || type == "summary" ||
         type == "untyped";
}

}  // namespace

std::optional<double> ParseValue(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  const bool has_digit = text.find_first_of("0123456789") != std::string_view::npos;
  if (error != std::errc() || rest != end || !has_digit) return std::nullopt;
  return value;
}

class PageParser {
 public:
  tl::expected<Page, std::string> Parse(std::string_view text) {
    page_.text_ = text;
    if (!text.empty() && text.back() != '\n') return Error("does not end with a newline");
    if (!IsUtf8(text)) return Error("is not UTF-8");
    while (!text.empty()) {
      ++line_number_;
      const std::size_t end = text.find('\n');
      line_ = text.substr(0, end);
      text.remove_prefix(end + 1);
      const std::string error = ReadLine(line_);
      if (!error.empty()) return Error(error);
    }
    return std::move(page_);
  }

 private:
  tl::unexpected<std::string> Error(const std::string& what) const {
    return tl::unexpected("line " + std::to_string(line_number_) + " of the page " + what + ": " +
                          QuoteBytes(line_));
  }

  std::string ReadLine(std::string_view rest) {
    if (Take(rest, "# HELP ")) return ReadHelp(rest);
    if (Take(rest, "# TYPE ")) return ReadType(rest);
    return ReadSample(rest);
  }

  std::string ReadHelp(std::string_view rest) {
    family_ = TakeName(rest);
    if (family_.empty() || !Take(rest, " ")) return "is not a HELP line";
    const auto [place, is_new] = page_.families_.try_emplace(family_);
    if (!is_new) return "opens a family for the second time";
    place->second.help = rest;
    return "";
  }

  std::string ReadType(std::string_view rest) {
    const std::string name = TakeName(rest);
    if (name.empty() || !Take(rest, " ") || !IsKnownType(rest)) return "is not a TYPE line";
    if (name != family_) return "is not right behind its HELP line";
    std::string& type = page_.families_[name].type;
    if (!type.empty()) return "is a second TYPE line";
    type = rest;
    return "";
  }

  std::string ReadSample(std::string_view rest) {
    const std::string name = TakeName(rest);
    if (name.empty()) return "is neither a comment nor a sample";
    if (!BelongsToFamily(name)) return "is not among the lines of its family";
    Labels labels;
    if (Take(rest, "{")) {
      std::string error = ReadLabels(rest, labels);
      if (!error.empty()) return error;
    }
    if (!Take(rest, " ")) return "has no value";
    const std::optional<double> value = ParseValue(rest);
    if (!value) return "has a value that is not a number";
    const bool is_new = page_.samples_[name].try_emplace(std::move(labels), *value).second;
    return is_new ? "" : "is a series for the second time";
  }

  bool BelongsToFamily(const std::string& name) const {
    const auto family = page_.families_.find(family_);
    if (family == page_.families_.end() || family->second.type.empty()) return false;
    const std::string& type = family->second.type;
    if (type == "histogram" && name == family_ + "_bucket") return true;
    if (type == "histogram" || type == "summary") {
      if (name == family_ + "_sum" || name == family_ + "_count") return true;
    }
    return type != "histogram" && name == family_;
  }

  static std::string ReadLabels(std::string_view& rest, Labels& labels) {
    for (;;) {
      const std::string name = TakeName(rest);
      if (name.empty() || !Take(rest, "=\"")) return "has a bad label";
      std::string value;
      while (!rest.empty() && rest.front() != '"') {
        if (Take(rest, "\\\\")) {
          value += '\\';
        } else if (Take(rest, "\\\"")) {
          value += '"';
        } else if (Take(rest, "\\n")) {
          value += '\n';
        } else if (rest.front() == '\\') {
          return "has an escape that doesn't exist";
        } else {
          value += rest.front();
          rest.remove_prefix(1);
        }
      }
      if (!Take(rest, "\"")) return "has a label value without an end";
      if (!labels.emplace(name, value).second) return "has a label twice";
      if (Take(rest, "}")) return "";
      if (!Take(rest, ",")) return "has no comma between two labels";
    }
  }

  Page page_;
  std::string family_;  // whose lines we are among
  std::size_t line_number_ = 0;
  std::string_view line_;
};

const std::map<std::string, std::set<std::string>>& ArkoudaFamilies() {
  static const std::set<std::string> locale = {"arkouda_server_name", "locale_name", "locale_num",
                                               "locale_hostname"};
  static const std::set<std::string> command = {"arkouda_server_name", "command"};
  static const std::set<std::string> server = {"arkouda_server_name"};
  static const std::map<std::string, std::set<std::string>> families = {
      {"arkouda_total_number_of_requests", server},
      {"arkouda_number_of_requests_per_command", command},
      {"arkouda_per_user_total_number_of_requests", {"arkouda_server_name", "user"}},
      {"arkouda_per_user_number_of_requests_per_command",
       {"arkouda_server_name", "command", "user"}},
      {"arkouda_response_times_per_command", command},
      {"arkouda_avg_response_times_per_command", command},
      {"arkouda_total_response_times_per_command", command},
      {"arkouda_total_memory_used_per_command", command},
      {"arkouda_memory_used_per_locale", locale},
      {"arkouda_pct_memory_used_per_locale", locale},
      {"arkouda_number_of_connections", server},
      {"arkouda_total_number_of_errors", server},
      {"arkouda_number_of_errors_per_error_type", {"arkouda_server_name", "error_type"}},
      {"arkouda_reported_timestamp", server},
      {"arkouda_server_information_info",
       {"arkouda_server_name", "arkouda_server_hostname", "arkouda_version",
        "arkouda_number_of_locales"}},
      {"arkouda_memory_per_locale", locale},
      {"arkouda_processing_units_per_locale", locale},
      {"arkouda_max_number_of_tasks_per_locale", locale},
  };
  return families;
}

tl::expected<Page, std::string> Page::Parse(std::string_view text) {
  return PageParser().Parse(text);
}

std::optional<double> Page::Value(const std::string& name, const Labels& labels) const {
  const auto& series = Series(name);
  const auto found = series.find(labels);
  if (found == series.end()) return std::nullopt;
  return found->second;
}

std::optional<double> Page::TargetValue(const std::string& name, Labels labels) const {
  const auto servers = LabelValues(name, "arkouda_server_name");
  if (servers.size() != 1) return std::nullopt;
  labels.emplace("arkouda_server_name", *servers.begin());
  return Value(name, labels);
}

const std::map<Labels, double>& Page::Series(const std::string& name) const {
  static const std::map<Labels, double> none;
  const auto found = samples_.find(name);
  return found == samples_.end() ? none : found->second;
}

std::set<std::string> Page::LabelValues(const std::string& name, const std::string& label) const {
  std::set<std::string> values;
  for (const auto& [labels, value] : Series(name)) {
    const auto found = labels.find(label);
    if (found != labels.end()) values.insert(found->second);
  }
  return values;
}

std::vector<std::string> Page::FamiliesFromArkouda() const {
  std::vector<std::string> names;
  for (const auto& [name, family] : families_) {
    const bool is_own = name == "arkouda_up" || name.starts_with("arkouda_exporter_");
    if (name.starts_with("arkouda_") && !is_own) names.push_back(name);
  }
  return names;
}

double Page::Polls(const std::string& result) const {
  return TargetValue("arkouda_exporter_polls_total", {{"result", result}}).value_or(0);
}

double Page::Skipped(const std::string& reason) const {
  return TargetValue("arkouda_exporter_skipped_entries_total", {{"reason", reason}}).value_or(0);
}

std::optional<std::string> Page::ArkoudaVersion() const {
  const auto versions = LabelValues("arkouda_server_information_info", "arkouda_version");
  if (versions.empty()) return std::nullopt;
  return *versions.begin();
}

::testing::AssertionResult IsConsistent(const Page& page) {
  const auto wrong = [&](const std::string& what) {
    return ::testing::AssertionFailure() << "a page " << what << ":\n"
                                         << page.text().substr(0, 8000);
  };
  const std::optional<double> up = page.TargetValue("arkouda_up");
  if (up != 0.0 && up != 1.0) return wrong("without arkouda_up 0 or 1");
  const std::vector<std::string> families = page.FamiliesFromArkouda();
  if ((up == 1.0) == families.empty()) {
    return wrong(up == 1.0 ? "with arkouda_up 1 and nothing from Arkouda"
                           : "with arkouda_up 0 and families from Arkouda");
  }
  for (const std::string& name : families) {
    const auto contract = ArkoudaFamilies().find(name);
    if (contract == ArkoudaFamilies().end()) return wrong("with the unknown family " + name);
    if (page.families().at(name).type != "gauge") return wrong("where " + name + " is not a gauge");
    for (const auto& [labels, value] : page.Series(name)) {
      std::set<std::string> names;
      for (const auto& [label, text] : labels) names.insert(label);
      if (names != contract->second) return wrong("where " + name + " has not its labels");
    }
  }
  const auto& information = page.Series("arkouda_server_information_info");
  if (up == 1.0 && information.size() != 1) {
    return wrong("with " + std::to_string(information.size()) + " servers' information");
  }
  if (up == 1.0) {
    const std::string locales =
        *page.LabelValues("arkouda_server_information_info", "arkouda_number_of_locales").begin();
    for (const char* per_locale : {"arkouda_memory_per_locale", "arkouda_memory_used_per_locale"}) {
      if (std::to_string(page.Series(per_locale).size()) != locales) {
        return wrong("where " + std::string(per_locale) + " has not a series a locale");
      }
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace arkouda_exporter::testing
