#pragma once

#include <string>
#include <string_view>

namespace arkouda_exporter {

/// What people and shells read of the flags, made from their tables (setting_rows). Each ends with
/// a line end.

/// The README's table of options, in Markdown.
std::string OptionsTable();

/// The manual page of section 1, for groff's and mandoc's man(7). `date`: YYYY-MM-DD, of what it
/// describes.
std::string ManualPage(std::string_view date);

/// The file from which systemd's units take flags and variables, as packages install it in
/// /etc/default: nothing is set, and comments say what may be.
std::string DefaultsFile();

/// Completions of flags, of the values of those that have few, and of files.
std::string BashCompletion();
std::string ZshCompletion();
std::string FishCompletion();

}  // namespace arkouda_exporter
