#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace arkouda_exporter::testing {

/// An empty folder of its own for a test, gone with this object.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// Writes a file there, in place of an older one at once (a reader sees the one or the other),
  /// and returns its full name.
  std::string Write(std::string_view name, std::string_view content) const;

 private:
  const std::filesystem::path path_;
};

}  // namespace arkouda_exporter::testing
