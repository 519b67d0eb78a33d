#include "exporter/process/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cxxopts.hpp>
#include <iterator>
#include <utility>

#include "common/quote.h"
#include "exporter/process/setting_rows.h"

namespace arkouda_exporter {
namespace {

using Errors = std::vector<std::string>;

std::string BadValue(std::string_view name, std::string_view text, std::string_view expected) {
  return fmt::format("{}={}: {}", name, Quoted(text), expected);
}

std::string Dashed(std::string_view flag) { return "--" + std::string(flag); }

/// Kubernetes injects NAME_PORT=tcp://ADDRESS:PORT for every Service of the namespace (Kubernetes,
/// "Accessing the Service", environment variables). That is nobody's setting.
bool IsServiceLink(const SettingRow& row, std::string_view text) {
  return row.is_port_variable && text.find("://") != std::string_view::npos;
}

/// The texts given for one flag, as they were given: cxxopts would split them at commas.
std::vector<std::string> FlagTexts(const cxxopts::ParseResult& parsed, const SettingRow& row) {
  std::vector<std::string> texts;
  for (const auto& argument : parsed.arguments()) {
    if (argument.key() == row.flag) texts.push_back(argument.value());
  }
  return texts;
}

cxxopts::Options DeclareFlags() {
  cxxopts::Options flags("prometheus-arkouda-exporter");
  flags.allow_unrecognised_options();
  auto add = flags.add_options();
  for (const SettingRow& row : SettingRows()) {
    const auto value = cxxopts::value<std::string>();
    if (!row.implicit_text.empty()) value->implicit_value(row.implicit_text);
    add(std::string(row.flag), "", value);
  }
  for (const CommandRow& row : CommandRows()) add(std::string(row.flag), "");
  return flags;
}

/// Takes texts with commas between, as a variable has them in place of a flag that is given more
/// than once. The error says which of them is wrong.
Checked TakeEach(const SettingRow::Take& take, Settings& settings, std::string_view texts) {
  const bool is_one = texts.find(',') == std::string_view::npos;
  while (true) {
    const std::size_t comma = texts.find(',');
    std::string_view text = texts.substr(0, comma);
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    if (const Checked checked = take(settings, text); !checked) {
      return is_one ? checked : tl::unexpected(Quoted(text) + ": " + checked.error());
    }
    if (comma == std::string_view::npos) return {};
    texts.remove_prefix(comma + 1);
  }
}

/// What takes the text of a row's variable.
SettingRow::Take TakeOfVariable(const SettingRow& row) {
  if (row.take_variable) return row.take_variable;
  if (!row.is_repeatable) return row.take;
  return [&row](Settings& settings, std::string_view texts) {
    return TakeEach(row.take, settings, texts);
  };
}

bool Reads(const CommandRow* command, const SettingRow& row) {
  return command == nullptr || !command->reads ||
         std::find(command->reads->begin(), command->reads->end(), row.flag) !=
             command->reads->end();
}

/// What the settings become, row by row.
class Reader {
 public:
  Reader(const GetEnvironment& get_environment, CommandLine& line, Errors& errors)
      : get_environment_(get_environment), line_(line), errors_(errors) {}

  /// Takes the flag's texts, if there are any, or else a variable, or else the default.
  void Read(const SettingRow& row, const std::vector<std::string>& flag_texts) {
    if (!flag_texts.empty()) {
      TakeFlag(row, flag_texts);
    } else if (!TakeVariable(row)) {
      TakeDefault(row);
    }
  }

  /// Takes the strongest variable of the row that is set, with a warning for each weaker one that
  /// means something else, and for each that Kubernetes has set. False when none is set.
  bool TakeVariable(const SettingRow& row) {
    const char* taken = nullptr;
    std::string text;
    for (const char* const variable : row.variables) {
      const char* const value = get_environment_(variable);
      if (value == nullptr || *value == '\0') continue;
      if (IsServiceLink(row, value)) {
        line_.warnings.push_back(
            BadValue(variable, value,
                     "passed over, since this is a Kubernetes service link and not a port; rename "
                     "the Service, or set enableServiceLinks: false in the pod"));
      } else if (taken == nullptr) {
        taken = variable;
        text = value;
      } else if (text != value && !(row.means_same != nullptr && row.means_same(text, value))) {
        line_.warnings.push_back(fmt::format("{}={} is used, {}={} disagrees and is ignored", taken,
                                             Quoted(text), variable, Quoted(value)));
      }
    }
    if (taken == nullptr) return false;
    Take(row, TakeOfVariable(row), taken, {text});
    return true;
  }

  /// Sets the defaults that depend on other settings, and looks at those that were given beside
  /// the others, and at what the command is about.
  void Finish(const CommandRow* command) {
    for (const SettingRow* const row : left_to_default_) {
      if (row->derive) row->derive(line_.settings);
    }
    for (const SettingRow* const row : taken_) {
      if (!row->check) continue;
      if (const Checked checked = row->check(line_.settings); !checked) {
        errors_.push_back(line_.Describe(row->flag) + ": " + checked.error());
      }
    }
    if (command == nullptr || !command->check) return;
    Findings findings = command->check(line_.settings);
    std::move(findings.errors.begin(), findings.errors.end(), std::back_inserter(errors_));
    std::move(findings.warnings.begin(), findings.warnings.end(),
              std::back_inserter(line_.warnings));
  }

 private:
  void TakeFlag(const SettingRow& row, const std::vector<std::string>& texts) {
    if (!row.is_repeatable && texts.size() > 1) {
      errors_.push_back(
          BadValue(Dashed(row.flag), texts.back(), "given more than once, expected at most one"));
      return;
    }
    Take(row, row.take, Dashed(row.flag), texts);
  }

  void Take(const SettingRow& row, const SettingRow::Take& take, std::string name,
            const std::vector<std::string>& texts) {
    bool is_good = true;
    for (const std::string& text : texts) {
      const Checked checked = take(line_.settings, text);
      if (checked) continue;
      errors_.push_back(BadValue(name, text, checked.error()));
      is_good = false;
    }
    if (is_good) taken_.push_back(&row);
    line_.sources.push_back({.flag = row.flag, .name = std::move(name), .texts = texts});
  }

  void TakeDefault(const SettingRow& row) {
    left_to_default_.push_back(&row);
    if (row.default_text.empty()) return;
    [[maybe_unused]] const Checked checked = row.take(line_.settings, row.default_text);
    assert(checked);
    line_.sources.push_back(
        {.flag = row.flag, .name = Dashed(row.flag), .texts = {row.default_text}});
  }

  const GetEnvironment& get_environment_;
  CommandLine& line_;
  Errors& errors_;
  std::vector<const SettingRow*> taken_;  // from a flag or a variable
  std::vector<const SettingRow*> left_to_default_;
};

/// The command that was given; nullptr: none. One that reads nothing is done whatever else is
/// wrong, and the last of them in the table before the others.
const CommandRow* FindCommand(const cxxopts::ParseResult& parsed, Errors& errors) {
  std::vector<const CommandRow*> given;
  for (const CommandRow& row : CommandRows()) {
    if (parsed[std::string(row.flag)].as<bool>()) given.push_back(&row);
  }
  if (given.empty()) return nullptr;
  const bool reads_nothing = given.back()->reads && given.back()->reads->empty();
  if (given.size() > 1 && !reads_nothing) {
    std::vector<std::string> flags;
    for (const CommandRow* const row : given) flags.push_back(Dashed(row->flag));
    errors.push_back(fmt::format("{}: expected only one of them", fmt::join(flags, ", ")));
  }
  return given.back();
}

}  // namespace

std::string CommandLine::Describe(std::string_view flag) const {
  for (const Source& source : sources) {
    if (source.flag != flag) continue;
    return fmt::format("{}={}", source.name,
                       Quoted(fmt::format("{}", fmt::join(source.texts, ","))));
  }
  return Dashed(flag);
}

tl::expected<CommandLine, std::vector<std::string>> ParseCommandLine(
    int argc, const char* const* argv, const GetEnvironment& get_environment) {
  CommandLine line;
  Errors errors;
  Reader reader(get_environment, line, errors);
  try {
    cxxopts::Options flags = DeclareFlags();
    const cxxopts::ParseResult parsed = flags.parse(argc, argv);
    const CommandRow* const command = FindCommand(parsed, errors);
    if (command != nullptr) line.settings.command = command->command;
    if (command != nullptr && command->reads && command->reads->empty()) return line;
    for (const std::string& unknown : parsed.unmatched()) {
      // cxxopts has no flags whose values have line ends.
      const bool has_line_end = unknown.find_first_of("\r\n") != std::string::npos;
      errors.push_back(Quoted(unknown) + (has_line_end ? ": expected a value without line ends"
                                                       : ": no such flag, see --help"));
    }
    for (const SettingRow& row : SettingRows()) {
      if (Reads(command, row)) reader.Read(row, FlagTexts(parsed, row));
    }
    reader.Finish(command);
  } catch (const cxxopts::exceptions::exception& error) {
    errors.push_back(std::string(error.what()) + ", see --help");
    // Which flags were given isn't known then; what is wrong in the environment is all the same.
    for (const SettingRow& row : SettingRows()) reader.TakeVariable(row);
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return line;
}

std::string HelpText() {
  std::string out =
      "Usage: prometheus-arkouda-exporter [FLAG…]\n\n"
      "Polls the metrics sockets of Arkouda servers and serves their metrics to Prometheus.\n"
      "A flag beats its variables, of which the first that is set counts, and these beat the "
      "default.\n\n";
  for (const SettingRow& row : SettingRows()) out += HelpOf(row);
  for (const CommandRow& row : CommandRows()) {
    out += fmt::format("  --{}\n      {}\n", row.flag, row.help);
  }
  return out;
}

}  // namespace arkouda_exporter
