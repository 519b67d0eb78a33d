#include "exporter/web/handler.h"

#include <gtest/gtest.h>

#include <optional>

#include "test/unit/web/answer.h"

namespace arkouda_exporter {
namespace {

TEST(RespondTest, TheFirstAnswerOfAllCopiesCounts) {
  Answered answered;
  {
    const Respond respond = answered.respond();
    const Respond& copy = Respond(respond);
    copy(PlainText(200, "first"));
    respond(PlainText(200, "second"));
  }
  ASSERT_TRUE(answered.response());
  EXPECT_EQ(answered.response()->body.Text(), "first\n");
}

TEST(RespondTest, IsGivenUpWhenTheLastCopyGoesWithoutAnAnswer) {
  Answered answered;
  std::optional<Respond> respond = answered.respond();
  std::optional<Respond> copy = respond;
  respond.reset();
  EXPECT_FALSE(answered.is_settled()) << "there is a copy that may still answer";
  copy.reset();
  EXPECT_TRUE(answered.is_settled());
  EXPECT_FALSE(answered.response());
}

}  // namespace
}  // namespace arkouda_exporter
