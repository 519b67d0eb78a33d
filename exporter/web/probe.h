#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/host_port.h"
#include "common/target_pattern.h"
#include "exporter/web/negotiation.h"
#include "exporter/web/routes.h"

namespace arkouda_exporter {

/// What `/probe` needs of others. The functions are called on the server's threads and must not
/// block.
struct ProbeSources {
  using Done = std::function<void(std::optional<Response> page)>;

  /// Which targets are taken in that are not watched; none: a probe can only ask for those that
  /// are.
  std::vector<TargetPattern> allowed;
  /// The page of a target that is watched, as of now; nullopt: it is not, or a probe took it in and
  /// its first poll has not ended. Whoever keeps targets as long as probes come counts this as one.
  std::function<std::optional<Response>(const HostPort& target, const PageWish& wish)> known;
  /// Takes in a target that is allowed and not known, or waits for its first poll with those who
  /// asked before. `done` is called once, from any thread: with the page when that poll has ended
  /// or `patience` is over, with nullopt when there is none. Returns false, and does not call it,
  /// when there are too many.
  std::function<bool(const HostPort& target, std::chrono::milliseconds patience,
                     const PageWish& wish, Done done)>
      watch;
};

/// `/probe?target=HOST:PORT`: the page of one target, as multi-target exporters have it, so that
/// discovery can live in Prometheus. A target that is watched is answered at once; one that is not
/// has to be allowed, and is answered when its first poll has ended, half a second before
/// Prometheus gives up (X-Prometheus-Scrape-Timeout-Seconds, without it 10 seconds), and after a
/// minute at the latest. 400: a bad request; 403: not allowed; 503: no page, or too many targets.
Route ProbeRoute(ProbeSources sources);

}  // namespace arkouda_exporter
