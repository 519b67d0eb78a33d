#include "exporter/textfile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "common/file_descriptor.h"

namespace arkouda_exporter {
namespace {

namespace fs = std::filesystem;

using Outcome = tl::expected<void, std::string>;

constexpr mode_t kReadableByAll = S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH;

Outcome Failed(int error) { return tl::unexpected(std::string(std::strerror(error))); }

// The file itself, where the path is a link to it: renaming would replace the link.
fs::path Resolved(const std::string& path) {
  std::error_code error;
  const fs::path resolved = fs::canonical(path, error);
  return error ? fs::path(path) : resolved;
}

Outcome Write(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed(errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  // A file system that finds out late that it is full says so here.
  if (fchmod(fd, kReadableByAll) != 0 || fsync(fd) != 0) return Failed(errno);
  return {};
}

}  // namespace

Outcome CheckTextfilePath(const std::string& path) {
  const auto wrong = [] {
    return tl::unexpected(std::string("expected a file, in a folder that is there"));
  };
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status)) return fs::is_regular_file(status) ? Outcome() : wrong();
  const fs::path file(path);
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  return file.has_filename() && fs::is_directory(folder, error) ? Outcome() : wrong();
}

Outcome WriteTextfile(const std::string& path, std::string_view page) {
  const fs::path file = Resolved(path);
  const std::string name = "." + file.filename().string() + ".XXXXXX";
  std::string temporary = (file.parent_path() / name).string();
  const FileDescriptor descriptor(mkostemp(temporary.data(), O_CLOEXEC));
  if (!descriptor) return Failed(errno);
  Outcome written = Write(descriptor.get(), page);
  if (written && std::rename(temporary.c_str(), file.c_str()) != 0) written = Failed(errno);
  if (!written) unlink(temporary.c_str());
  return written;
}

}  // namespace arkouda_exporter
