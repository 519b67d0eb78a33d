#include "exporter/web/landing_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace arkouda_exporter {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(LandingPageTest, SaysItsFactsAndEscapesThem) {
  const std::string html =
      RenderLandingPage({.title = "A & B",
                         .facts = {{.name = "Target", .value = "<b>&\"host\":5556"},
                                   {.name = "Last poll", .value = "timeout"}},
                         .links = {{.path = "/\"><script>", .about = "<i>"}}});
  EXPECT_THAT(html, HasSubstr("<h1>A &amp; B</h1>"));
  EXPECT_THAT(html, HasSubstr("&lt;b&gt;&amp;&quot;host&quot;:5556"));
  EXPECT_THAT(html, HasSubstr("timeout"));
  for (const char* raw : {"<b>", "<i>", "<script>", "A & B"}) {
    EXPECT_THAT(html, Not(HasSubstr(raw)));
  }
}

TEST(LandingPageTest, LinksToWhatIsForPeopleBelowItself) {
  const std::vector<Route> routes = {{.path = "/metrics", .about = "the metrics"}, {.path = "/"}};
  const std::string html = RenderLandingPage({.links = LinksTo(routes)});
  EXPECT_THAT(html, HasSubstr("<a href=\"./metrics\">/metrics</a>: the metrics"));
  EXPECT_THAT(html, Not(HasSubstr("href=\"./\"")));
}

}  // namespace
}  // namespace arkouda_exporter
