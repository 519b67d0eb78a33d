#pragma once

#include <string>

namespace arkouda_exporter {

/// What --version prints: version, revision, compiler and the libraries' versions, a line each.
std::string VersionText();

}  // namespace arkouda_exporter
