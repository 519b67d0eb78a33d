#include "common/read_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "common/file_descriptor.h"

namespace arkouda_exporter {
namespace {

tl::unexpected<ReadError> Failed(int error) {
  return tl::make_unexpected(ReadError{.is_absent = error == ENOENT || error == ENOTDIR,
                                       .reason = std::generic_category().message(error)});
}

}  // namespace

tl::expected<FileContent, ReadError> ReadFile(const std::string& path, std::size_t most_bytes) {
  // Without O_NONBLOCK a pipe would wait for somebody to write.
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file) return Failed(errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return Failed(errno);
  if (!S_ISREG(status.st_mode)) {
    return tl::make_unexpected(ReadError{.reason = "expected a file, this is something else"});
  }
  FileContent content{.text = {}, .owner = status.st_uid};
  std::array<char, 65536> chunk{};
  while (true) {
    const ssize_t size = read(file.get(), chunk.data(), chunk.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Failed(errno);
    if (size == 0) return content;
    content.text.append(chunk.data(), static_cast<std::size_t>(size));
    if (content.text.size() > most_bytes) {
      return tl::make_unexpected(ReadError{
          .is_too_large = true, .reason = fmt::format("expected at most {} bytes", most_bytes)});
    }
  }
}

}  // namespace arkouda_exporter
