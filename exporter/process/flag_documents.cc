#include "exporter/process/flag_documents.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "common/build_info.h"
#include "exporter/process/setting_rows.h"

namespace arkouda_exporter {
namespace {

constexpr std::string_view kProgram = "prometheus-arkouda-exporter";
constexpr std::string_view kFile = "FILE";  // the argument that is a file's name

// What may stand for an argument, where that is little.
struct Choices {
  std::string_view argument;
  std::vector<std::string_view> texts;
};
const std::array<Choices, 3>& AllChoices() {
  static const std::array<Choices, 3> choices = {{{"BOOL", {"true", "false"}},
                                                  {"LEVEL", {"debug", "info", "warn", "error"}},
                                                  {"FORMAT", {"logfmt", "json"}}}};
  return choices;
}

// Empty: any text.
std::vector<std::string_view> ChoicesOf(const SettingRow& row) {
  for (const Choices& choices : AllChoices()) {
    if (choices.argument == row.argument) return choices.texts;
  }
  return {};
}

// The help of a row in one line: --help breaks it.
std::string OneLine(std::string_view help) {
  std::string line;
  for (const char c : help) {
    const bool is_blank = c == ' ' || c == '\n';
    if (is_blank && line.ends_with(' ')) continue;
    line += is_blank ? ' ' : c;
  }
  return line;
}

// Its first words, as a shell shows them beside the flag.
std::string Short(std::string_view help) {
  const std::string line = OneLine(help);
  return line.substr(0, line.find_first_of(":;"));
}

std::string WithEscapes(std::string_view text, std::string_view escaped, std::string_view escape) {
  std::string out;
  for (const char c : text) {
    if (escaped.find(c) != std::string_view::npos) out += escape;
    out += c;
  }
  return out;
}

// A text of man(7) in which nothing is an escape.
std::string Roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";  // else it is a hyphen, which nobody can copy into a shell
    } else if (c == '\'') {
      out += "\\(aq";
    } else {
      out += c;
    }
  }
  return out;
}

struct Link {
  std::string_view text;
  std::size_t size;  // of the whole
};

// `[text](address)` at the beginning.
std::optional<Link> LinkAt(std::string_view markdown) {
  if (!markdown.starts_with('[')) return std::nullopt;
  const std::size_t close = markdown.find(']');
  if (close == std::string_view::npos || !markdown.substr(close).starts_with("](")) {
    return std::nullopt;
  }
  const std::size_t end = markdown.find(')', close);
  if (end == std::string_view::npos) return std::nullopt;
  return Link{.text = markdown.substr(1, close - 1), .size = end + 1};
}

// Of Markdown: code becomes bold, and a link its text.
std::string RoffOfMarkdown(std::string_view text) {
  std::string out;
  std::string plain;
  bool is_code = false;
  const auto end_plain = [&] {
    if (!plain.empty()) out += is_code ? "\\fB" + Roff(plain) + "\\fR" : Roff(plain);
    plain.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '`') {
      end_plain();
      is_code = !is_code;
    } else if (const auto link = is_code ? std::nullopt : LinkAt(text.substr(i))) {
      plain += link->text;
      i += link->size - 1;
    } else {
      plain += text[i];
    }
  }
  end_plain();
  return out;
}

// A paragraph, in lines that are no longer than people who look at its source like.
std::string Wrapped(std::string_view text) {
  constexpr std::size_t kMost = 79;
  std::string out;
  std::size_t length = 0;  // of the line
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (length != 0 && length + 1 + word.size() <= kMost) {
      out += ' ';
      length += 1 + word.size();
    } else {
      if (length != 0) out += '\n';
      if (word.starts_with('.')) out += "\\&";  // else it is a request
      length = word.size();
    }
    out += word;
  }
  return out + '\n';
}

}  // namespace

std::string OptionsTable() {
  std::string out = "| flag | environment | default |\n| --- | --- | --- |\n";
  for (const SettingRow& row : SettingRows()) {
    std::string variables;
    for (const char* const variable : row.variables) {
      variables += fmt::format("{}`{}`", variables.empty() ? "" : ", ", variable);
    }
    out += fmt::format("| `--{}` |{}{} | {} |\n", row.flag, variables.empty() ? "" : " ", variables,
                       row.about);
  }
  return out;
}

std::string ManualPage(std::string_view date) {
  const std::string program = Roff(kProgram);
  std::string out =
      fmt::format(".TH PROMETHEUS\\-ARKOUDA\\-EXPORTER 1 {} \"{} {}\" \"User Commands\"\n", date,
                  program, Roff(GetBuildInfo().version));
  const auto section = [&](std::string_view heading) { out += fmt::format(".SH {}\n", heading); };
  const auto paragraph = [&](std::string_view markdown) {
    out += Wrapped(RoffOfMarkdown(markdown));
  };
  const auto term = [&](std::string_view roff, std::string_view markdown) {
    out += fmt::format(".TP\n{}\n", roff);
    paragraph(markdown);
  };
  section("NAME");
  out += program + " \\- Prometheus exporter for Arkouda\n";
  section("SYNOPSIS");
  out += fmt::format(".B {}\n.RI [ flag ...]\n", program);
  section("DESCRIPTION");
  paragraph(
      "Polls the metrics sockets of Arkouda servers at an interval, turns what they report into "
      "gauges, and serves them to Prometheus at `/metrics`. The page `/` is for people.");
  out += ".PP\n";
  paragraph(
      "A flag beats its variables of the environment, of which the first that is set counts, and "
      "these beat the default. Durations are `15` (seconds), `15s`, `500ms`, `1m` or `1h`.");
  section("OPTIONS");
  for (const SettingRow& row : SettingRows()) {
    const std::string flag = Roff(fmt::format("--{}", row.flag));
    const std::string argument = Roff(row.argument);
    term(row.implicit_text.empty() ? fmt::format(".BI {}= {}", flag, argument)
                                   : fmt::format(".BR {} [=\\fI{}\\fR]", flag, argument),
         OneLine(row.help) + ".");
    out += ".br\n";
    paragraph(fmt::format("Default: {}.", row.about));
    if (row.variables.empty()) continue;
    out += ".br\n";
    paragraph(fmt::format("Environment: `{}`.", fmt::join(row.variables, "`, `")));
  }
  for (const CommandRow& row : CommandRows()) {
    term(".B " + Roff(fmt::format("--{}", row.flag)), OneLine(row.help) + ".");
  }
  section("EXIT STATUS");
  term(".B 0", "SIGTERM or SIGINT; what `--once`, `--check` or `--healthcheck` asked is well.");
  term(".B 1",
       "`--once` without an answer, or where the page can't be written; `--healthcheck` of an "
       "exporter that is not healthy; too few threads, descriptors or too little memory to start.");
  term(".B 2",
       "A setting, or with `--check` a file, that can't be used. Each is named in a line of its "
       "own.");
  section("SIGNALS");
  term(".BR SIGTERM \", \" SIGINT", "End it, within half a second in any state.");
  term(".B SIGHUP", "Has all files read again, which they are anyway when they change.");
  section("EXAMPLES");
  term("One server:", "`prometheus-arkouda-exporter --arkouda.host=node17`");
  term("Many servers, which files name:",
       "`prometheus-arkouda-exporter` "
       "`--arkouda.targets-file='/shared/arkouda/targets/*.json'`");
  section("SEE ALSO");
  out += ".BR prometheus (1),\n.BR prometheus\\-node\\-exporter (1)\n";
  return out;
}

std::string DefaultsFile() {
  std::string out = fmt::format(
      "# Settings of {0} under systemd. In force after:\n"
      "#   systemctl restart {0}\n"
      "# What can't be used is named by:\n"
      "#   systemctl status {0}\n\n"
      "# Flags, with blanks between. Quotes hold one together that has blanks itself, no file "
      "names are\n"
      "# put in for a *, and a backslash is written four times:\n"
      "#   ARGS=\"--arkouda.host=node1 --arkouda.server-name='Lab 3' --web.listen-address=:5081\"\n"
      "ARGS=\"\"\n\n"
      "# These there are. Instead of a flag, a variable in brackets below it may be set here, too, "
      "such as\n"
      "#   ARKOUDA_METRICS_SERVICE_HOST=node1\n"
      "# of which the first that is set counts; the flag beats them.\n"
      "#\n",
      kProgram);
  for (const SettingRow& row : SettingRows()) {
    const std::string help = HelpOf(row);
    std::string_view lines = help;
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find('\n') + 1);
      out += '#';
      out += line;
      lines.remove_prefix(line.size());
    }
  }
  return out;
}

std::string BashCompletion() {
  std::string flags;
  std::string values;
  for (const SettingRow& row : SettingRows()) {
    flags += fmt::format("    --{}{}\n", row.flag, row.implicit_text.empty() ? "=" : "");
    const auto choices = ChoicesOf(row);
    if (row.argument == kFile) {
      values += fmt::format("    --{}) compopt -o filenames && files=yes ;;\n", row.flag);
    } else if (!choices.empty()) {
      values += fmt::format("    --{}) words='{}' ;;\n", row.flag, fmt::join(choices, " "));
    }
  }
  for (const CommandRow& row : CommandRows()) flags += fmt::format("    --{}\n", row.flag);
  return fmt::format(
      "# bash completion for {0}\n\n"
      "_prometheus_arkouda_exporter() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD - 1]}}\n"
      "  local flag='' words='' files='' flags='\n{1}  '\n"
      "  # bash takes the = between a flag and its value for a word.\n"
      "  if [ \"$word\" = '=' ]; then\n"
      "    flag=$before word=\n"
      "  elif [ \"$before\" = '=' ]; then\n"
      "    flag=${{COMP_WORDS[COMP_CWORD - 2]}}\n"
      "  fi\n"
      "  case $flag in\n"
      "{2}"
      "    --*) return ;;\n"
      "    *)\n"
      "      words=$flags\n"
      "      compopt -o nospace\n"
      "      ;;\n"
      "  esac\n"
      "  if [ -n \"$files\" ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
      "  else\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
      "  fi\n"
      "}} && complete -F _prometheus_arkouda_exporter {0}\n",
      kProgram, flags, values);
}

std::string ZshCompletion() {
  // In a description of _arguments, brackets and colons mean something; in the whole a quote ends
  // it.
  const auto described = [](std::string_view help) {
    return WithEscapes(WithEscapes(Short(help), "[]:\\", "\\"), "'", "'\\'");
  };
  std::string out = fmt::format("#compdef {}\n\n_arguments \\\n", kProgram);
  for (const SettingRow& row : SettingRows()) {
    const auto choices = ChoicesOf(row);
    std::string action;
    if (row.argument == kFile) {
      action = "_files";
    } else if (!choices.empty()) {
      action = fmt::format("({})", fmt::join(choices, " "));
    }
    out += fmt::format("  '{}--{}{}[{}]{}{}:{}' \\\n", row.is_repeatable ? "*" : "", row.flag,
                       row.implicit_text.empty() ? "=" : "=-", described(row.help),
                       row.implicit_text.empty() ? ":" : "::", row.argument, action);
  }
  for (const CommandRow& row : CommandRows()) {
    out += fmt::format("  '--{}[{}]' \\\n", row.flag, described(row.help));
  }
  out.replace(out.size() - 3, 2, "");
  return out;
}

std::string FishCompletion() {
  std::string out = fmt::format("# fish completion for {0}\n\ncomplete -c {0} -f\n", kProgram);
  const auto described = [](std::string_view help) {
    return WithEscapes(Short(help), "\\'", "\\");
  };
  for (const SettingRow& row : SettingRows()) {
    const auto choices = ChoicesOf(row);
    std::string values = row.argument == kFile ? " -r -F" : " -x";
    if (!row.implicit_text.empty()) values = " -f";
    if (!choices.empty()) values += fmt::format(" -a '{}'", fmt::join(choices, " "));
    out += fmt::format("complete -c {} -l {}{} -d '{}'\n", kProgram, row.flag, values,
                       described(row.help));
  }
  for (const CommandRow& row : CommandRows()) {
    out += fmt::format("complete -c {} -l {} -d '{}'\n", kProgram, row.flag, described(row.help));
  }
  return out;
}

}  // namespace arkouda_exporter
