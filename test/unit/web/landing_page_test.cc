#include "exporter/web/landing_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace arkouda_exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::Lt;
using ::testing::Not;
using Details = LandingPage::Details;
using Server = LandingPage::Server;
using Severity = LandingPage::Severity;

LandingPage PageOf(std::vector<Server> servers) {
  return {.title = "Exporter",
          .now = 1'700'000'100,
          .refresh = std::chrono::seconds(5),
          .servers = std::move(servers)};
}

LandingPage PageInFull(Details details) {
  LandingPage page = PageOf({details.server});
  page.details.push_back(std::move(details));
  return page;
}

Server Answering(const std::string& name) {
  return {.address = name + ":5556", .name = name, .state = "answering", .version = "v1"};
}

// How many times a text stands there.
std::size_t Count(const std::string& html, const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = html.find(text); at != std::string::npos; at = html.find(text, at + 1)) {
    ++count;
  }
  return count;
}

TEST(LandingPageTest, WhateverTriesToBeMarkupIsText) {
  const std::string evil = "</bdi><script>\"'&";
  const std::string shown = "&lt;/bdi&gt;&lt;script&gt;&quot;'&amp;";
  const Server server = {.address = evil,
                         .name = evil,
                         .state = evil,
                         .fault = evil,
                         .version = evil,
                         .number_of_locales = evil};
  LandingPage page = PageOf({server, server});
  page.title = evil;
  page.facts = {{.name = evil, .value = evil}};
  page.links = {{.path = "/" + evil, .about = evil}};
  page.details = {{.server = server,
                   .facts = {{.name = evil, .value = evil}},
                   .polls = {{.name = evil, .value = evil}},
                   .locales = {.rows = {{.number = evil, .name = evil, .used_percent = 1}}},
                   .commands = {.rows = {{.name = evil}}},
                   .users = {.rows = {{.name = evil}}}}};
  for (const bool is_asked_for : {false, true}) {
    if (is_asked_for) page.view.target = evil;
    const std::string html = RenderLandingPage(page);
    EXPECT_THAT(html, HasSubstr(shown));
    for (const char* raw : {"<script", "\"'&"}) {
      EXPECT_THAT(html, Not(HasSubstr(raw)));
    }
  }
  page.details.clear();
  EXPECT_THAT(RenderLandingPage(page), Not(HasSubstr("<script"))) << "a server that is not there";
}

TEST(LandingPageTest, AControlCharacterIsShownByItsPicture) {
  const std::string html =
      RenderLandingPage(PageOf({Answering(std::string("a\0b\n\x1f\x7f", 6)), Answering("other")}));
  EXPECT_THAT(html, HasSubstr("a␀b␊␟␡"));
}

TEST(LandingPageTest, ALongTextIsCutBetweenTwoCharacters) {
  std::string name = "a";
  for (int i = 0; i < 100'000; ++i) name += "ë";
  const std::string html = RenderLandingPage(PageInFull({.server = Answering(name)}));
  EXPECT_THAT(html.size(), Lt(10'000U));
  EXPECT_THAT(html, HasSubstr("ë…"));
  EXPECT_THAT(html, Not(HasSubstr("\xc3…")));
}

TEST(LandingPageTest, TheWorstComesFirstAndThenTheFullest) {
  LandingPage page = PageOf({
      {.name = "b", .state = "answering", .fullest_percent = 10},
      {.name = "a", .state = "answering", .fullest_percent = 10},
      {.name = "empty", .state = "answering"},
      {.name = "full", .state = "answering", .fullest_percent = 90},
      {.name = "new", .state = "starting", .severity = Severity::kPending},
      {.name = "busy", .state = "busy", .severity = Severity::kWarning},
      {.name = "odd", .state = "unusable", .severity = Severity::kCritical},
      {.name = "gone", .state = "unreachable", .severity = Severity::kCritical},
  });
  for (const Server& server : page.servers) page.details.push_back({.server = server});
  SortWorstFirst(page);
  const auto name = [](const std::string& text) { return Field(&Server::name, text); };
  EXPECT_THAT(page.servers, ElementsAre(name("gone"), name("odd"), name("busy"), name("new"),
                                        name("full"), name("a"), name("b"), name("empty")));
  EXPECT_EQ(page.details.front().server.name, "gone");
}

TEST(LandingPageTest, AThousandServersAreShownAHundredAtOnce) {
  std::vector<Server> servers;
  for (int i = 0; i < 1'000; ++i) servers.push_back(Answering("node" + std::to_string(i)));
  LandingPage page = PageOf(servers);
  std::string html = RenderLandingPage(page);
  EXPECT_THAT(html.size(), Lt(64U << 10U));
  EXPECT_EQ(Count(html, "<th scope=\"row\">"), 100U);
  EXPECT_THAT(html, HasSubstr("1 to 100 of 1,000"));
  EXPECT_THAT(html, HasSubstr("</span> 1,000</b> answering"));
  EXPECT_THAT(html, HasSubstr("href=\"?from=100\""));
  EXPECT_THAT(html, Not(HasSubstr("rel=\"prev\"")));
  page.view.from = 950;  // whoever types that
  html = RenderLandingPage(page);
  EXPECT_THAT(html, HasSubstr("901 to 1000 of 1,000"));
  EXPECT_THAT(html, HasSubstr("href=\"?from=800\""));
  EXPECT_THAT(html, Not(HasSubstr("rel=\"next\"")));
  page.view.from = 1'000;
  EXPECT_THAT(RenderLandingPage(page), HasSubstr("1 to 100 of 1,000"));
}

TEST(LandingPageTest, OfManyLocalesItSaysHowManyMoreThereAre) {
  Details details = {.server = Answering("node")};
  details.locales.all = 1'024;
  for (int i = 0; i < 16; ++i) details.locales.rows.push_back({.number = std::to_string(i)});
  EXPECT_THAT(RenderLandingPage(PageInFull(details)),
              HasSubstr("the fullest 16 of 1,024; 1,008 more"));
}

TEST(LandingPageTest, AMeterHasItsValueAsTextAndNeverLeavesItsBounds) {
  Details details = {.server = Answering("node")};
  details.locales.rows = {{.number = "3", .used_bytes = 1'024, .used_percent = 123.4}};
  const std::string html = RenderLandingPage(PageInFull(details));
  EXPECT_THAT(html, HasSubstr("value=\"100.0\" aria-label=\"Memory of locale 3\">123.4 %</meter>"));
  EXPECT_THAT(html, HasSubstr("1.0 KiB"));
}

TEST(LandingPageTest, AStateSaysSinceWhenAndWhy) {
  Server server = Answering("node");
  server.state = "busy";
  server.since = 1'700'000'001;
  server.fault = "no reply";
  const std::string html = RenderLandingPage(PageInFull({.server = server}));
  EXPECT_THAT(html, HasSubstr("busy</b> <span class=\"dim\">for 1 min, since "
                              "<time datetime=\"2023-11-14T22:13:21Z\">2023-11-14 22:13:21 UTC"));
  EXPECT_THAT(html, HasSubstr("no reply"));
}

TEST(LandingPageTest, ThePageRefreshesItselfUntilItIsStopped) {
  LandingPage page = PageOf({Answering("a"), Answering("b")});
  std::string html = RenderLandingPage(page);
  EXPECT_THAT(html, HasSubstr("<meta http-equiv=\"refresh\" content=\"5\">"));
  EXPECT_THAT(html, HasSubstr("href=\"?refresh=off\""));
  page.view.refreshes = false;
  html = RenderLandingPage(page);
  EXPECT_THAT(html, Not(HasSubstr("http-equiv=\"refresh\"")));
  EXPECT_THAT(html, HasSubstr("href=\"?target=a:5556&amp;refresh=off\"")) << "it stays so";
}

TEST(LandingPageTest, AViewIsWhatTheQuerySays) {
  const auto view = LandingPage::View::Of(
      {.query = {{"target", "[fd00::7]:5556"}, {"from", "200"}, {"refresh", "off"}}});
  EXPECT_EQ(view.target, "[fd00::7]:5556");
  EXPECT_EQ(view.from, 200U);
  EXPECT_FALSE(view.refreshes);
  for (const char* from : {"", "x", "-1", "99999999999999999999999"}) {
    EXPECT_EQ(LandingPage::View::Of({.query = {{"from", from}}}).from, 0U) << from;
  }
}

TEST(LandingPageTest, ALinkToAServerIsEncoded) {
  Server server = Answering("node");
  server.address = "[fe80::1%eth0]:5556";
  EXPECT_THAT(RenderLandingPage(PageOf({server, Answering("b")})),
              HasSubstr("href=\"?target=%5Bfe80::1%25eth0%5D:5556\""));
}

TEST(LandingPageTest, AServerThatIsNotWatchedIsNotFound) {
  LandingPage page = PageOf({Answering("a")});
  EXPECT_EQ(LandingPageResponse(page).status, 200);
  page.view.target = "gone:5556";
  const Response response = LandingPageResponse(page);
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body.Text(), HasSubstr("No such server is watched."));
  EXPECT_THAT(response.body.Text(), HasSubstr("http-equiv=\"refresh\"")) << "it may come back";
}

TEST(LandingPageTest, NothingInItMayRunOrLoad) {
  EXPECT_THAT(LandingPageResponse(PageOf({})).headers.at("Content-Security-Policy"),
              HasSubstr("default-src 'none'"));
}

TEST(LandingPageTest, LinksToWhatIsForPeopleBelowItself) {
  const std::vector<Route> routes = {{.path = "/metrics", .about = "the metrics"}, {.path = "/"}};
  const std::string html = RenderLandingPage({.links = LinksTo(routes)});
  EXPECT_THAT(html, HasSubstr("<a href=\"./metrics\">/metrics</a>"));
  EXPECT_THAT(html, HasSubstr("the metrics</span>"));
  EXPECT_THAT(html, Not(HasSubstr("href=\"./\"")));
}

}  // namespace
}  // namespace arkouda_exporter
