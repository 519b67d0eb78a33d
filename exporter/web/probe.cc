#include "exporter/web/probe.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "common/durations.h"
#include "common/quote.h"

namespace arkouda_exporter {
namespace {

using std::chrono::milliseconds;
using Seconds = std::chrono::duration<double>;

constexpr const char* kTimeoutHeader = "X-Prometheus-Scrape-Timeout-Seconds";
constexpr Seconds kDefaultTimeout{10};
// What the answer needs on its way to Prometheus. blackbox_exporter keeps as much.
constexpr Seconds kOnTheWay{0.5};
// Nobody may hold a connection for longer, whatever the header says.
constexpr Seconds kLongestPatience{60};

tl::expected<HostPort, std::string> TargetOf(const Request& request) {
  constexpr std::string_view kExpected = "expected /probe?target=HOST:PORT";
  const auto [first, last] = request.query.equal_range("target");
  if (first == last) return tl::unexpected("no target: " + std::string(kExpected));
  if (std::next(first) != last) {
    return tl::unexpected("more than one target: " + std::string(kExpected));
  }
  const auto target = HostPort::Parse(first->second);
  if (!target) return tl::unexpected("target " + Quoted(first->second) + ": " + target.error());
  return target->Canonical();  // whoever is known by one spelling is known by all
}

tl::expected<milliseconds, std::string> PatienceFor(const Request& request) {
  Seconds timeout = kDefaultTimeout;
  if (const auto text = request.Header(kTimeoutHeader)) {
    double seconds = 0;
    const char* const end = text->data() + text->size();
    const auto [rest, error] = std::from_chars(text->data(), end, seconds);
    if (error != std::errc() || rest != end || !std::isfinite(seconds) || seconds <= 0) {
      return tl::unexpected("header " + std::string(kTimeoutHeader) + " " + Quoted(*text) +
                            ": expected a positive number of seconds such as 10 or 2.5");
    }
    timeout = Seconds(seconds);
  }
  const Seconds patience = std::max(timeout - kOnTheWay, timeout / 2);
  return std::chrono::floor<milliseconds>(std::min(patience, kLongestPatience));
}

void Probe(const ProbeSources& sources, const Request& request, const Respond& respond) {
  const auto target = TargetOf(request);
  if (!target) return respond(PlainText(400, target.error()));
  const PageWish wish = WishOf(request);
  if (auto page = sources.known(*target, wish)) return respond(*std::move(page));
  const std::string name = target->ToString();
  if (!MatchesAny(sources.allowed, *target)) {
    return respond(PlainText(
        403, name + " is not watched, and no pattern of --web.probe-allow lets it be probed"));
  }
  const auto patience = PatienceFor(request);
  if (!patience) return respond(PlainText(400, patience.error()));
  const auto done = [respond, name, waited = *patience](std::optional<Response> page) {
    respond(page ? *std::move(page)
                 : PlainText(503, name + " has no page after " + FormatDuration(waited)));
  };
  if (!sources.watch(*target, *patience, wish, done)) {
    respond(PlainText(503, name + " is one target more than can be probed at a time"));
  }
}

}  // namespace

Route ProbeRoute(ProbeSources sources) {
  return {
      .path = "/probe",
      .about = "the metrics of one target: ?target=HOST:PORT",
      .handler = [sources = std::move(sources)](const Request& request, const Respond& respond) {
        Probe(sources, request, respond);
      }};
}

}  // namespace arkouda_exporter
