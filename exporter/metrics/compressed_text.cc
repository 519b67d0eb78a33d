#include "exporter/metrics/compressed_text.h"

#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <new>

namespace arkouda_exporter {
namespace {

// Each level from 2 on takes twice the time of level 1 and more, for a page a tenth smaller.
constexpr int kLevel = 1;

// Deflate, no flags, no time, compressed fast, of an unknown system (RFC 1952, 2.3).
constexpr std::string_view kGzipHeader("\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff", 10);

// The most that a block holds whose bytes are stored as they are (RFC 1951, 3.2.4).
constexpr std::size_t kMostStored = 0xffff;

void AppendLittleEndian(std::string& out, std::size_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    out += static_cast<char>(number & 0xff);
    number >>= 8;
  }
}

}  // namespace

CompressedText::CompressedText(const std::vector<std::string_view>& parts) {
  std::string text;
  for (const std::string_view part : parts) size_ += part.size();
  text.reserve(size_);
  for (const std::string_view part : parts) text += part;
  checksum_ = libdeflate_crc32(0, text.data(), text.size());

  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(kLevel), &libdeflate_free_compressor);
  if (!compressor) throw std::bad_alloc();
  // Not a string: that would touch all of it, and little of it is needed.
  const std::size_t bound = libdeflate_deflate_compress_bound(compressor.get(), text.size());
  const std::unique_ptr<char[]> buffer(new char[bound]);
  blocks_.assign(buffer.get(), libdeflate_deflate_compress(compressor.get(), text.data(),
                                                           text.size(), buffer.get(), bound));
}

CompressedText::Frame CompressedText::FrameFor(std::string_view beginning) const {
  Frame frame{.before = std::string(kGzipHeader)};
  for (std::string_view left = beginning; !left.empty();) {
    const std::string_view stored = left.substr(0, kMostStored);
    frame.before += '\0';  // a stored block, and not the last one
    AppendLittleEndian(frame.before, stored.size(), 2);
    AppendLittleEndian(frame.before, ~stored.size(), 2);
    frame.before += stored;
    left.remove_prefix(stored.size());
  }
  const std::uint32_t beginning_checksum = libdeflate_crc32(0, beginning.data(), beginning.size());
  AppendLittleEndian(frame.after,
                     crc32_combine(beginning_checksum, checksum_, static_cast<z_off_t>(size_)), 4);
  AppendLittleEndian(frame.after, beginning.size() + size_, 4);
  return frame;
}

}  // namespace arkouda_exporter
