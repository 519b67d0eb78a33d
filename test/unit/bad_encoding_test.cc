#include "exporter/bad_encoding.h"

#include <gtest/gtest.h>

#include <string>

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

TEST(MarkBadEncoding, LeavesEverythingElseAsItIs) {
  for (const std::string json :
       {"", "[ \n\t{\"a\\\"\\\\\": \"\\u00e9 \\ud83d\\ude00 Zo\xc3\xab\"}\r\n]", R"("a\)",
        R"("\u12)", R"("\\ud800")"}) {
    EXPECT_EQ(Marked(json), json);
  }
}

}  // namespace
}  // namespace arkouda_exporter
