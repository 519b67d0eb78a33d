#include "exporter/arkouda/request_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "test/support/temp_dir.h"

namespace arkouda_exporter {
namespace {

using ::testing::HasSubstr;

TEST(RequestSource, ATokenIsReadAgainWhenItChangesAndTheLastGoodOneIsKept) {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "token").string();
  const auto write = [&](const std::string& text) { dir.Write("token", text); };
  RequestSource requests("me", TokenFile{.path = path, .token = "first"});
  const auto token = [&] { return std::string(requests.Bytes(RequestKind::kAll)); };
  write("one");
  EXPECT_THAT(token(), HasSubstr(R"("token": "one")"));
  write("two\n");
  EXPECT_THAT(token(), HasSubstr(R"("token": "two")"));
  write("th\"ree");
  EXPECT_THAT(token(), HasSubstr(R"("token": "two")"));
  ASSERT_EQ(std::remove(path.c_str()), 0);
  EXPECT_THAT(token(), HasSubstr(R"("token": "two")"));
  write("four");
  EXPECT_THAT(token(), HasSubstr(R"("token": "four")"));
}

}  // namespace
}  // namespace arkouda_exporter
