#pragma once

#include <string>
#include <tl/expected.hpp>

namespace arkouda_exporter {

/// Reads a token: the file's first line, at most 16 KiB, without its end. The error says what is
/// wrong with the file, and never shows what is in it.
tl::expected<std::string, std::string> ReadTokenFile(const std::string& path);

/// A file that has held a token.
struct TokenFile {
  std::string path;
  std::string token;  ///< when it was opened; ReadTokenFile tells what it is now

  static tl::expected<TokenFile, std::string> Open(std::string path);
};

}  // namespace arkouda_exporter
