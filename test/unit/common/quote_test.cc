#include "common/quote.h"

#include <gtest/gtest.h>

#include <string>

namespace arkouda_exporter {
namespace {

TEST(QuoteBytes, LeavesPrintableAsciiAndEscapesTheRest) {
  EXPECT_EQ(QuoteBytes("plain text"), "plain text");
  EXPECT_EQ(QuoteBytes("a\nb\r\t\\\"\x01\x7f\xc3\xa9"), R"(a\nb\r\t\\\"\x01\x7f\xc3\xa9)");
  EXPECT_EQ(QuoteBytes(std::string_view("\0", 1)), "\\x00");
}

TEST(Excerpt, CutsWhereTheQuotedFormWouldBeLongerThanTheLimit) {
  EXPECT_EQ(Excerpt(std::string(200, 'x')), std::string(200, 'x'));
  EXPECT_EQ(Excerpt(std::string(201, 'x')), std::string(200, 'x') + "...");
  EXPECT_EQ(Excerpt(std::string(1'000, '\n')), std::string(100, '\n') + "...");
  EXPECT_EQ(Excerpt("abc\xff", 5), "abc...");
  EXPECT_EQ(QuoteBytes(Excerpt(std::string(1'000, '\xff'))).size(), 203U);
}

TEST(IsUtf8, AcceptsWellFormedText) {
  for (const char* text : {"", "ascii", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x90\xbb"}) {
    EXPECT_TRUE(IsUtf8(text)) << QuoteBytes(text);
  }
}

TEST(IsUtf8, RefusesMalformedText) {
  for (const char* text :
       {"\x80", "\xc3", "\xc3(", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82"}) {
    EXPECT_FALSE(IsUtf8(text)) << QuoteBytes(text);
  }
}

}  // namespace
}  // namespace arkouda_exporter
