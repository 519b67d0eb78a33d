#include "test/support/log_lines.h"

#include "test/support/process.h"

namespace arkouda_exporter::testing {

tl::expected<LogLine, std::string> ParseLogfmt(std::string_view line) {
  LogLine fields;
  std::string_view rest = line;
  const auto error = [&](const std::string& what) {
    return tl::unexpected(what + " in: " + std::string(line));
  };
  while (!rest.empty()) {
    const std::size_t equals = rest.find('=');
    if (equals == 0 || equals == std::string_view::npos) return error("no key=value");
    const std::string key(rest.substr(0, equals));
    if (key.find_first_of(" \"") != std::string::npos) return error("a bad key");
    rest.remove_prefix(equals + 1);
    std::string value;
    if (rest.starts_with('"')) {
      rest.remove_prefix(1);
      while (!rest.empty() && rest.front() != '"') {
        if (rest.front() == '\\' && rest.size() > 1) {
          const char escaped = rest[1];
          // \xNN is left as it is: tests compare readable text.
          value += escaped == 'n' ? "\n" : escaped == 'x' ? "\\x" : std::string(1, escaped);
          rest.remove_prefix(2);
        } else {
          value += rest.front();
          rest.remove_prefix(1);
        }
      }
      if (rest.empty()) return error("a quote without an end");
      rest.remove_prefix(1);
    } else {
      const std::size_t end = rest.find(' ');
      value = rest.substr(0, end);
      rest.remove_prefix(value.size());
    }
    if (!fields.emplace(key, value).second) return error("a key twice");
    if (rest.empty()) break;
    if (!rest.starts_with(' ')) return error("no space between two fields");
    rest.remove_prefix(1);
  }
  return fields;
}

std::vector<LogLine> LinesSaying(std::string_view text, std::string_view message) {
  std::vector<LogLine> found;
  for (const std::string& line : Lines(text)) {
    const auto fields = ParseLogfmt(line);
    if (!fields) continue;
    const auto said = fields->find("msg");
    if (said != fields->end() && said->second == message) found.push_back(*fields);
  }
  return found;
}

}  // namespace arkouda_exporter::testing
