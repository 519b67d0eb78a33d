#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "exporter/process/settings.h"
#include "exporter/process/target_sources.h"

namespace arkouda_exporter {

/// Nothing, or what would be right.
using Checked = tl::expected<void, std::string>;

/// One setting: its flag, its variables, its default, what is said about it, and what makes a value
/// of its text. A new setting is one more row.
struct SettingRow {
  /// Parses a text and puts the value into the settings.
  using Take = std::function<Checked(Settings&, std::string_view text)>;

  std::string_view flag;               ///< without the dashes
  std::string_view argument;           ///< what --help calls its text
  std::vector<const char*> variables;  ///< from the strongest to the weakest
  std::string default_text;            ///< taken like any other text, unless it is empty
  std::string implicit_text;           ///< what the flag alone stands for; empty: it needs a text
  std::string shown_default;           ///< for --help, where that says more
  std::string_view help;
  /// Its default and more, in one line of Markdown, for the README and the manual page.
  std::string_view about;
  Take take;
  /// Takes a variable's text, where that has another form than the flag's. Without it, the variable
  /// of a flag that is repeatable has the texts with commas between.
  Take take_variable = nullptr;
  /// Sets the default, where that depends on other settings, once these are known.
  std::function<void(Settings&)> derive = nullptr;
  /// Looks at a value that was given beside the other settings, once all are known.
  std::function<Checked(const Settings&)> check = nullptr;
  /// Whether two texts of variables mean the same, where they need not be equal for that.
  bool (*means_same)(std::string_view, std::string_view) = nullptr;
  bool is_repeatable = false;
  /// Its variables may have names that Kubernetes gives to what it injects.
  bool is_port_variable = false;
};

/// A flag without a value: what the process is asked to do.
struct CommandRow {
  std::string_view flag;  ///< without the dashes
  std::string_view help;
  Command command;
  /// The flags of the settings that count for it; nullopt: all.
  std::optional<std::vector<std::string_view>> reads = std::nullopt;
  /// Looks at the files that the settings name, once these are read.
  std::function<Findings(const Settings&)> check = nullptr;
};

/// In the order of --help.
const std::vector<SettingRow>& SettingRows();
const std::vector<CommandRow>& CommandRows();

/// What --help says of one: the flag, what it is for, its default and its variables, in lines.
std::string HelpOf(const SettingRow& row);

}  // namespace arkouda_exporter
