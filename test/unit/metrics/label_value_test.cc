#include "exporter/metrics/label_value.h"

#include <gtest/gtest.h>

#include <string>

#include "common/quote.h"

namespace arkouda_exporter {
namespace {

TEST(ShortenLabelValue, KeepsTheStartAndEndsInAHashOfAllOfIt) {
  // 16 bytes of BLAKE2b, as Python's hashlib has it, so that series are the same in every release.
  EXPECT_EQ(ShortenLabelValue(std::string(100, 'u'), 64),
            std::string(31, 'u') + "~e51049db75c047cb2f9151601ce43368");
}

TEST(ShortenLabelValue, ValuesThatDifferStayDifferent) {
  const std::string start(5'000, 'x');
  EXPECT_NE(ShortenLabelValue(start + "1", 1024), ShortenLabelValue(start + "2", 1024));
  EXPECT_NE(ShortenLabelValue(start, 1024), ShortenLabelValue(start + "x", 1024));
}

TEST(ShortenLabelValue, CutsBetweenCharacters) {
  std::string value;
  for (int i = 0; i < 100; ++i) value += "\xf0\x9f\x98\x80";
  for (std::size_t limit = kLeastLabelLimit; limit < kLeastLabelLimit + 8; ++limit) {
    const std::string shortened = ShortenLabelValue(value, limit);
    EXPECT_TRUE(IsUtf8(shortened)) << limit;
    EXPECT_LE(shortened.size(), limit);
    EXPECT_GT(shortened.size(), limit - 4);
  }
}

}  // namespace
}  // namespace arkouda_exporter
