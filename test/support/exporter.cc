#include "test/support/exporter.h"

#include <algorithm>
#include <charconv>

namespace arkouda_exporter::testing {

const char* const kExporterBinary = EXPORTER_BINARY;

namespace {

constexpr const char* kListen = "--web.listen-address";

std::string_view FlagOf(std::string_view argument) {
  return argument.substr(0, argument.find('='));
}

bool HasFlag(const Arguments& arguments, std::string_view flag) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [&](const std::string& argument) { return FlagOf(argument) == flag; });
}

Arguments Listening(const Arguments& arguments) {
  return WithDefaults({std::string(kListen) + "=127.0.0.1:0"}, arguments);
}

}  // namespace

Arguments WithDefaults(const Arguments& defaults, const Arguments& arguments) {
  Arguments all;
  for (const std::string& argument : defaults) {
    if (!HasFlag(arguments, FlagOf(argument))) all.push_back(argument);
  }
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

Exporter::Exporter(const Arguments& arguments, const Environment& environment,
                   const std::string& program)
    : process_(program, Listening(arguments), environment) {
  const Arguments all = Listening(arguments);
  const auto sockets = std::count_if(all.begin(), all.end(), [](const std::string& argument) {
    return FlagOf(argument) == kListen;
  });
  EXPECT_TRUE(process_.AwaitStderr("[ \"]msg[=\":]+listening", static_cast<std::size_t>(sockets)));
  // In JSON as in logfmt the port is what stands between the last colon of the address and what
  // ends it.
  for (const std::string& line : Lines(process_.Stderr())) {
    if (line.find("listening") == std::string::npos) continue;
    const std::size_t address = line.find("address");
    if (address == std::string::npos) continue;
    const std::size_t colon = line.rfind(':');
    std::uint16_t port = 0;
    std::from_chars(line.data() + colon + 1, line.data() + line.size(), port);
    ports_.push_back(port);
  }
}

std::string Exporter::Url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port()) + path;
}

Page Exporter::Scrape() const {
  const HttpResponse response = Get("/metrics");
  EXPECT_EQ(response.status, 200) << response.error;
  const auto page = Page::Parse(response.body);
  EXPECT_TRUE(page.has_value()) << page.error();
  return page.value_or(Page());
}

::testing::AssertionResult Exporter::AwaitPage(std::string_view what,
                                               const std::function<bool(const Page&)>& is_wanted) {
  Page page;
  bool is_running = true;
  const auto result = Await(what, [&] {
    is_running = process_.IsRunning();
    if (!is_running) return true;
    page = Scrape();
    return is_wanted(page);
  });
  if (result && is_running) return result;
  return ::testing::AssertionFailure() << result.message() << "\nThe last page:\n"
                                       << page.text().substr(0, 8000) << "\nThe log:\n"
                                       << process_.Stderr();
}

::testing::AssertionResult Exporter::AwaitUp() {
  return AwaitPage("arkouda_up 1",
                   [](const Page& page) { return page.TargetValue("arkouda_up") == 1.0; });
}

::testing::AssertionResult Exporter::AwaitDown() {
  return AwaitPage("arkouda_up 0",
                   [](const Page& page) { return page.TargetValue("arkouda_up") == 0.0; });
}

::testing::AssertionResult Exporter::AwaitPolls(const std::string& result, double more) {
  const double wanted = Scrape().Polls(result) + more;
  return AwaitPage("polls with the result " + result,
                   [&](const Page& page) { return page.Polls(result) >= wanted; });
}

void Exporter::Stop(int signal) {
  if (is_stopped_) return;
  is_stopped_ = true;
  process_.Signal(signal);
  EXPECT_EQ(process_.Wait(), Exited(0)) << process_.Stderr();
}

}  // namespace arkouda_exporter::testing
