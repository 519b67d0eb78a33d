#include "exporter/process/textfile.h"

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

tl::unexpected<std::string> Failed(int error) {
  return tl::unexpected(std::string(std::strerror(error)));
}

constexpr int kMostLinks = 40;  // as the kernel has it

tl::unexpected<std::string> Wrong() {
  return tl::unexpected(std::string("expected a file, in a folder that is there"));
}

// The file itself, where the path is a link to it: renaming would replace the link. What only looks
// like a file, such as /dev/stdout, is refused.
tl::expected<fs::path, std::string> Resolve(const std::string& path) {
  fs::path file(path);
  std::error_code error;
  for (int links = 0; links < kMostLinks; ++links) {
    const std::string absolute = fs::absolute(file, error).lexically_normal().string();
    if (absolute.starts_with("/dev/") || absolute.starts_with("/proc/")) return Wrong();
    if (!fs::is_symlink(fs::symlink_status(file, error))) return file;
    file = file.parent_path() / fs::read_symlink(file, error);
    if (error) return tl::unexpected(error.message());
  }
  return Failed(ELOOP);
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
  const auto file = Resolve(path);
  if (!file) return tl::unexpected(file.error());
  std::error_code error;
  const fs::file_status status = fs::status(*file, error);
  if (fs::exists(status)) return fs::is_regular_file(status) ? Outcome() : Wrong();
  const fs::path folder = file->has_parent_path() ? file->parent_path() : fs::path(".");
  return file->has_filename() && fs::is_directory(folder, error) ? Outcome() : Wrong();
}

Outcome WriteTextfile(const std::string& path, std::string_view page) {
  const auto file = Resolve(path);
  if (!file) return tl::unexpected(file.error());
  std::string temporary = (file->parent_path() / ".arkouda-page-XXXXXX").string();
  const FileDescriptor descriptor(mkostemp(temporary.data(), O_CLOEXEC));
  if (!descriptor) return Failed(errno);
  Outcome written = Write(descriptor.get(), page);
  if (written && std::rename(temporary.c_str(), file->c_str()) != 0) written = Failed(errno);
  if (!written) unlink(temporary.c_str());
  return written;
}

}  // namespace arkouda_exporter
