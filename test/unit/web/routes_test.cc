#include "exporter/web/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace arkouda_exporter {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RoutesTest : public ::testing::Test {
 protected:
  Routes MakeRoutes() {
    return Routes({
        .telemetry_path = "/metrics",
        .target = "<b>&\"host\":5556",
        .exposition_content_type = "exposition",
        .exposition =
            [] {
              return std::vector<std::shared_ptr<const std::string>>{
                  std::make_shared<const std::string>("a 1\n"),
                  std::make_shared<const std::string>("b 2\n")};
            },
        .last_poll = [] { return std::string("timeout"); },
        .is_healthy = [this] { return is_healthy_; },
    });
  }

  static std::string Body(const Response& response) {
    std::string body;
    for (const auto& part : response.body) body += *part;
    return body;
  }

  bool is_healthy_ = true;
};

TEST_F(RoutesTest, TheTelemetryPathIsThePage) {
  for (const char* method : {"GET", "HEAD"}) {
    const Response response = MakeRoutes().Answer(method, "/metrics");
    EXPECT_EQ(response.status, 200);
    EXPECT_STREQ(response.content_type, "exposition");
    EXPECT_EQ(Body(response), "a 1\nb 2\n");
  }
}

TEST_F(RoutesTest, TheLandingPageSaysTargetAndStateAndEscapesThem) {
  const Response response = MakeRoutes().Answer("GET", "/");
  EXPECT_EQ(response.status, 200);
  EXPECT_STREQ(response.content_type, "text/html; charset=utf-8");
  EXPECT_THAT(Body(response), HasSubstr("&lt;b&gt;&amp;&quot;host&quot;:5556"));
  EXPECT_THAT(Body(response), HasSubstr("timeout"));
  EXPECT_THAT(Body(response), HasSubstr("href=\"./metrics\""));
  EXPECT_THAT(Body(response), Not(HasSubstr("<b>")));
}

TEST_F(RoutesTest, HealthIsThePollLoops) {
  EXPECT_EQ(MakeRoutes().Answer("GET", "/-/healthy").status, 200);
  is_healthy_ = false;
  EXPECT_EQ(MakeRoutes().Answer("GET", "/-/healthy").status, 503);
  EXPECT_EQ(MakeRoutes().Answer("GET", "/-/ready").status, 200) << "readiness is separate";
}

TEST_F(RoutesTest, EverythingElseIsNotFound) {
  for (const char* path :
       {"/metrics/", "/Metrics", "/-/", "/-/healthy/x", "//", "", "/favicon.ico"}) {
    EXPECT_EQ(MakeRoutes().Answer("GET", path).status, 404) << path;
  }
}

TEST_F(RoutesTest, OtherMethodsAreRefusedWithWhatIsAllowed) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
    for (const char* path : {"/metrics", "/", "/-/healthy", "/-/ready"}) {
      const Response response = MakeRoutes().Answer(method, path);
      EXPECT_EQ(response.status, 405) << method << path;
      EXPECT_STREQ(response.allow, "GET, HEAD");
    }
  }
}

}  // namespace
}  // namespace arkouda_exporter
