#include "exporter/web/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "test/unit/web/answer.h"

namespace arkouda_exporter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

Routes MakeRoutes() {
  return Routes({
      {.path = "/metrics", .about = "the metrics", .handler = AtOnce([](const Request& request) {
                                                     return PlainText(
                                                         200, "metrics by " + request.method);
                                                   })},
      {.path = "/hidden", .handler = AtOnce([](const Request&) { return PlainText(200, "hid"); })},
      {.path = "/-/reload",
       .about = "reads the files again",
       .handler = AtOnce([](const Request&) { return PlainText(200, "reloaded"); }),
       .methods = {"POST", "PUT"}},
  });
}

Response Answer(const std::string& method, const std::string& path) {
  const Routes routes = MakeRoutes();
  return AnswerOf(
      [&](const Request& request, const Respond& respond) { routes.Answer(request, respond); },
      {.method = method, .path = path});
}

TEST(RoutesTest, ARowsHandlerAnswersItsPath) {
  EXPECT_EQ(Answer("GET", "/metrics").body.Text(), "metrics by GET\n");
  EXPECT_EQ(Answer("GET", "/hidden").body.Text(), "hid\n");
  EXPECT_EQ(Answer("POST", "/-/reload").body.Text(), "reloaded\n");
}

TEST(RoutesTest, HeadIsAnsweredLikeGet) {
  EXPECT_EQ(Answer("HEAD", "/metrics").body.Text(), "metrics by HEAD\n");
  EXPECT_EQ(Answer("HEAD", "/-/reload").status, 405) << "which has no GET";
}

TEST(RoutesTest, EverythingElseIsNotFoundAndSaysWhatThereIs) {
  for (const char* path :
       {"/metrics/", "/Metrics", "/-/", "/metrics/x", "//", "", "/", "/favicon.ico"}) {
    const Response response = Answer("GET", path);
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_THAT(response.body.Text(),
                AllOf(HasSubstr("/metrics"), HasSubstr("/-/reload"), Not(HasSubstr("/hidden"))));
  }
}

TEST(RoutesTest, OtherMethodsAreRefusedWithWhatIsAllowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get", ""}) {
    const Response response = Answer(method, "/metrics");
    EXPECT_EQ(response.status, 405) << method;
    EXPECT_EQ(response.headers.at("Allow"), "GET, HEAD");
    EXPECT_EQ(response.body.Text(), "Only GET and HEAD are allowed.\n");
  }
  EXPECT_EQ(Answer("GET", "/-/reload").headers.at("Allow"), "POST, PUT");
}

}  // namespace
}  // namespace arkouda_exporter
