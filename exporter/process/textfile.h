#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace arkouda_exporter {

/// Whether WriteTextfile may write to `path`: a regular file, or none yet in a folder that is
/// there. The error says what would be right.
tl::expected<void, std::string> CheckTextfilePath(const std::string& path);

/// Writes a page for node_exporter's textfile collector, which may read at any moment and as
/// another user: beside the file under a name that it passes over (not `*.prom`), readable by all,
/// on disk, and then renamed. The error says what went wrong; the old file is as it was then.
tl::expected<void, std::string> WriteTextfile(const std::string& path, std::string_view page);

}  // namespace arkouda_exporter
