#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace arkouda_exporter::testing {

/// One line of log, by key.
using LogLine = std::map<std::string, std::string>;

/// Reads a line such as `ts=… level=info msg="polls succeed again"`. The error says what is wrong.
tl::expected<LogLine, std::string> ParseLogfmt(std::string_view line);

/// The lines of `text` whose message is exactly `message`. Lines that are not logfmt are passed
/// over.
std::vector<LogLine> LinesSaying(std::string_view text, std::string_view message);

}  // namespace arkouda_exporter::testing
