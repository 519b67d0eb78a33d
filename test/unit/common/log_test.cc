#include "common/log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace arkouda_exporter {
namespace {

class LogTest : public ::testing::Test {
 protected:
  ~LogTest() override { SetUpLog(LogLevel::kInfo, LogFormat::kLogfmt); }

  template <typename Action>
  static std::string Captured(Action action) {
    ::testing::internal::CaptureStderr();
    action();
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(LogTest, WritesLogfmtWithQuotesWhereTheyAreNeeded) {
  const std::string line = Captured([] {
    LogWarn("two words", {{"plain", "a"}, {"number", 42}, {"spaced", "a b"}, {"empty", ""}});
  });
  EXPECT_EQ(line.substr(line.find(" level=")),
            " level=warn msg=\"two words\" plain=a number=42 spaced=\"a b\" empty=\"\"\n");
}

TEST_F(LogTest, BytesFromOutsideCannotStartALineOfTheirOwn) {
  const std::string line = Captured([] {
    LogInfo("m", {{"bytes", "a\nts=now level=error \"\xff"}});
  });
  EXPECT_EQ(line.substr(line.find(" bytes=")), " bytes=\"a\\nts=now level=error \\\"\\xff\"\n");
}

TEST_F(LogTest, EveryJsonLineParsesWhateverTheFieldsHold) {
  SetUpLog(LogLevel::kDebug, LogFormat::kJson);
  const std::string line = Captured([] {
    LogDebug("m \"quoted\"", {{"bytes", "\n\xff%v"}, {"utf8", "\xc3\xa9"}});
  });
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["level"], "debug");
  EXPECT_EQ(json["msg"], "m \"quoted\"");
  EXPECT_EQ(json["bytes"], "\n\xef\xbf\xbd%v");
  EXPECT_EQ(json["utf8"], "\xc3\xa9");
  EXPECT_TRUE(json.contains("ts"));
}

TEST_F(LogTest, LowerLevelsAreLeftOut) {
  SetUpLog(LogLevel::kWarn, LogFormat::kLogfmt);
  EXPECT_EQ(Captured([] { LogInfo("no"); }), "");
  EXPECT_NE(Captured([] { LogError("yes"); }), "");
  EXPECT_FALSE(IsLogged(LogLevel::kInfo));
  EXPECT_TRUE(IsLogged(LogLevel::kWarn));
}

}  // namespace
}  // namespace arkouda_exporter
