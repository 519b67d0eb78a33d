#include "exporter/arkouda/bad_encoding.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "common/quote.h"

namespace arkouda_exporter {
namespace {

// With the mark shown as @.
std::string Marked(std::string json) {
  MarkBadEncoding(json);
  for (char& c : json) {
    if (c == kBadEncodingMark) c = '@';
  }
  return json;
}

TEST(MarkBadEncoding, MarksEachByteThatAStringCannotHave) {
  EXPECT_EQ(Marked("[\"a\xff\", \"\xe9\x9b\", \"\x01\n\"]"), R"(["a@", "@@", "@@"])");
  EXPECT_EQ(Marked("\"\\\xff\" \"\\\n\""), R"("@@" "@@")");
  EXPECT_EQ(Marked("\xff[]"), "@[]");
}

TEST(MarkBadEncoding, MarksHalvesOfSurrogates) {
  EXPECT_EQ(Marked(R"("\ud800")"), R"("@@@@@@")");
  EXPECT_EQ(Marked(R"("\udc00x")"), R"("@@@@@@x")");
  EXPECT_EQ(Marked(R"("\ud800\u0041")"), R"("@@@@@@\u0041")");
}

TEST(MarkBadEncoding, MarksEscapesThatJsonDoesNotHave) {
  EXPECT_EQ(Marked(R"("\q\u12zz")"), R"("@@@@12zz")");
  EXPECT_EQ(Marked("\"\\\xc3\xa9\xff\""), "\"@@@@\"") << "all of a character behind a backslash";
}

TEST(MarkBadEncoding, WhateverComesTheTextIsUtf8Afterwards) {
  constexpr std::string_view kPieces = "\"\\u\xc3\xa9\xff\x01 d8dcA{}\xf0\x9f\x98\x80\n";
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const std::size_t size = random() % 24;
    for (std::size_t i = 0; i < size; ++i) text += kPieces[random() % kPieces.size()];
    const std::string before = text;
    MarkBadEncoding(text);
    ASSERT_TRUE(IsUtf8(text)) << QuoteBytes(before);
    ASSERT_EQ(text.size(), before.size());
    std::string again = text;
    MarkBadEncoding(again);
    ASSERT_EQ(again, text) << QuoteBytes(before) << ": nothing is left to be marked";
  }
}

TEST(MarkBadEncoding, LeavesEverythingElseAsItIs) {
  for (const std::string json :
       {"", "[ \n\t{\"a\\\"\\\\\": \"\\u00e9 \\ud83d\\ude00 Zo\xc3\xab\"}\r\n]", R"("a\)",
        R"("\\ud800")"}) {
    EXPECT_EQ(Marked(json), json);
  }
}

}  // namespace
}  // namespace arkouda_exporter
