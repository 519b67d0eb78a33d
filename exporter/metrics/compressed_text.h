#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arkouda_exporter {

/// A text that is compressed once and sent many times as gzip (RFC 1952), each time behind a
/// beginning of its own that is not compressed. Immutable; any thread.
class CompressedText {
 public:
  /// Compresses the parts as one text. Throws std::bad_alloc.
  explicit CompressedText(const std::vector<std::string_view>& parts);

  /// What stands around blocks().
  struct Frame {
    std::string before;  ///< gzip's header, and the beginning
    std::string after;   ///< the checksum
  };
  Frame FrameFor(std::string_view beginning) const;

  /// The text's compressed bytes: DEFLATE (RFC 1951) up to its end.
  std::string_view blocks() const { return blocks_; }

 private:
  std::string blocks_;
  std::size_t size_ = 0;  // of the text
  std::uint32_t checksum_ = 0;
};

}  // namespace arkouda_exporter
