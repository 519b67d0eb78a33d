#include "exporter/metrics/compressed_text.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <string_view>
#include <vector>

namespace arkouda_exporter {
namespace {

// Read by zlib, which also compares the checksum and the length. Nothing may follow the end.
std::string Decompressed(const std::string& gzip) {
  std::string text(1 << 20, '\0');
  z_stream stream{};
  constexpr int kGzipOnly = 16;
  EXPECT_EQ(inflateInit2(&stream, MAX_WBITS + kGzipOnly), Z_OK);
  std::string bytes = gzip;
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END) << (stream.msg == nullptr ? "" : stream.msg);
  EXPECT_EQ(stream.avail_in, 0U);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  return text;
}

std::string Gzip(const CompressedText& text, std::string_view beginning) {
  const CompressedText::Frame frame = text.FrameFor(beginning);
  return frame.before + std::string(text.blocks()) + frame.after;
}

TEST(CompressedText, IsReadBackBehindAnyBeginning) {
  const std::string line = "arkouda_up{arkouda_server_name=\"x\"} 1\n";
  std::string many;
  for (int i = 0; i < 5000; ++i) many += line;
  const std::vector<std::vector<std::string_view>> texts = {
      {}, {""}, {line}, {line, many, "", line}};
  // A block that is stored holds 65,535 bytes.
  const std::vector<std::string> beginnings = {"", "b", std::string(65'535, 'b'),
                                               std::string(65'536, 'b'), std::string(200'000, 'b')};
  for (const auto& parts : texts) {
    std::string text;
    for (const std::string_view part : parts) text += part;
    const CompressedText compressed(parts);
    for (const std::string& beginning : beginnings) {
      SCOPED_TRACE(std::to_string(text.size()) + " behind " + std::to_string(beginning.size()));
      EXPECT_EQ(Decompressed(Gzip(compressed, beginning)), beginning + text);
    }
  }
}

TEST(CompressedText, IsSmall) {
  std::string page;
  for (int i = 0; i < 10'000; ++i) {
    page += "arkouda_response_times_per_command{command=\"command-" + std::to_string(i) + "\"} 1\n";
  }
  EXPECT_LT(CompressedText({page}).blocks().size(), page.size() / 10);
}

}  // namespace
}  // namespace arkouda_exporter
