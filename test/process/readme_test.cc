#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "test/support/exporter.h"
#include "test/support/process.h"

// The README's table of options says what --help says.

namespace arkouda_exporter::testing {
namespace {

struct DocumentedOption {
  std::vector<std::string> variables;  // from the strongest to the weakest
  std::string default_text;
};

using DocumentedOptions = std::map<std::string, DocumentedOption>;

std::vector<std::string> Matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator match(text.begin(), text.end(), regex), end; match != end; ++match) {
    found.push_back((*match)[1]);
  }
  return found;
}

// A table looks better with a space in `5 s`, and its reader knows which interval is meant.
std::string NormalizedDefault(std::string text) {
  text = std::regex_replace(text, std::regex("[;(].*"), "");
  text = std::regex_replace(text, std::regex("`|polling "), "");
  text = std::regex_replace(text, std::regex("([0-9]) (s|ms|m|h)\\b"), "$1$2");
  text = std::regex_replace(text, std::regex("^ +| +$"), "");
  return text;
}

// The rows below `| flag | environment | default |`. A row may have several flags.
DocumentedOptions ReadReadme() {
  std::ifstream file(README);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_FALSE(text.empty()) << README;
  const std::vector<std::string> lines = Lines(text);
  auto line = std::find_if(lines.begin(), lines.end(), [](const std::string& candidate) {
    return candidate.starts_with("| flag | environment | default |");
  });
  DocumentedOptions options;
  if (line == lines.end()) return options;
  for (line += 2; line != lines.end() && line->starts_with("|"); ++line) {
    std::vector<std::string> cells;
    std::stringstream row(line->substr(1));
    for (std::string cell; std::getline(row, cell, '|');) cells.push_back(cell);
    EXPECT_EQ(cells.size(), 3U) << *line;
    if (cells.size() != 3) continue;
    const auto flags = Matches(cells[0], "`(--[a-z.-]+)`");
    const auto variables = Matches(cells[1], "`([A-Z_]+)`");
    const auto defaults = Matches(cells[2] + ",", " *([^,]+),");
    EXPECT_FALSE(flags.empty()) << *line;
    if (flags.size() == 1) {
      options[flags[0]] = {.variables = variables, .default_text = NormalizedDefault(cells[2])};
      continue;
    }
    EXPECT_EQ(variables.size(), flags.size()) << *line;
    EXPECT_EQ(defaults.size(), flags.size()) << *line;
    if (variables.size() != flags.size() || defaults.size() != flags.size()) continue;
    for (std::size_t i = 0; i < flags.size(); ++i) {
      options[flags[i]] = {.variables = {variables[i]},
                           .default_text = NormalizedDefault(defaults[i])};
    }
  }
  return options;
}

DocumentedOptions ReadHelp() {
  const Finished help = RunToEnd(kExporterBinary, {"--help"});
  EXPECT_EQ(help.ending, Exited(0));
  DocumentedOptions options;
  std::string flag;
  for (const std::string& line : Lines(help.out)) {
    if (const auto flags = Matches(line, "^  (--[a-z.-]+)"); !flags.empty()) {
      flag = flags.front();
      options[flag];
    } else if (!flag.empty()) {
      const auto defaults = Matches(line, "\\(default: (.*)\\)$");
      if (!defaults.empty()) options[flag].default_text = NormalizedDefault(defaults.front());
      if (!line.starts_with("      [")) continue;
      for (const std::string& variable : Matches(line, "([A-Z_]+)")) {
        options[flag].variables.push_back(variable);
      }
    }
  }
  // These are not settings.
  for (const char* other : {"--help", "--version", "--once", "--check", "--healthcheck"}) {
    EXPECT_EQ(options.erase(other), 1U) << other;
  }
  return options;
}

TEST(ReadmeTest, OptionsTableAgreesWithHelp) {
  const DocumentedOptions readme = ReadReadme();
  const DocumentedOptions help = ReadHelp();
  EXPECT_GE(help.size(), 13U);
  std::set<std::string> flags;
  for (const auto& [flag, option] : readme) flags.insert(flag);
  for (const auto& [flag, option] : help) flags.insert(flag);
  for (const std::string& flag : flags) {
    SCOPED_TRACE(flag);
    ASSERT_TRUE(help.contains(flag)) << "only in README.md";
    ASSERT_TRUE(readme.contains(flag)) << "only in --help";
    EXPECT_EQ(readme.at(flag).variables, help.at(flag).variables);
    // The README may say more about a default, behind a comma.
    const std::string& documented = readme.at(flag).default_text;
    const std::string& shown = help.at(flag).default_text;
    EXPECT_TRUE(documented == shown || documented.starts_with(shown + ","))
        << "README.md has \"" << documented << "\", --help \"" << shown << "\"";
  }
}

TEST(ReadmeTest, EveryVariableOfTheOptionsIsKeptFromTheTests) {
  // A test must not change with the environment of whoever runs it (Process).
  const auto& kept = ExporterVariables();
  std::size_t count = 0;
  for (const auto& [flag, option] : ReadHelp()) {
    for (const std::string& variable : option.variables) {
      ++count;
      EXPECT_NE(std::find(kept.begin(), kept.end(), variable), kept.end()) << variable;
    }
  }
  EXPECT_EQ(count, kept.size());
}

}  // namespace
}  // namespace arkouda_exporter::testing
