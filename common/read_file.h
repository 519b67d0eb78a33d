#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <tl/expected.hpp>

namespace arkouda_exporter {

/// Why a file can't be read.
struct ReadError {
  bool is_absent = false;     ///< nothing of that name is there
  bool is_too_large = false;  ///< there is more than was allowed
  std::string reason;         ///< in words, without the file's name
};

/// A file as it was when it was read.
struct FileContent {
  std::string text;
  uid_t owner = 0;

  bool operator==(const FileContent&) const = default;
};

/// What is in a file, at most `most_bytes`. It does not wait for a pipe: what is not a file is
/// refused. A file system that hangs is waited for, so this is not for threads that must not block.
tl::expected<FileContent, ReadError> ReadFile(const std::string& path, std::size_t most_bytes);

}  // namespace arkouda_exporter
