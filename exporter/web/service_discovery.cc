#include "exporter/web/service_discovery.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace arkouda_exporter {
namespace {

std::string ToJson(const std::vector<DiscoveredTarget>& targets) {
  using Json = nlohmann::ordered_json;
  Json groups = Json::array();
  for (const DiscoveredTarget& target : targets) {
    groups.push_back({{"targets", Json::array({target.address})}, {"labels", target.labels}});
  }
  return groups.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

Route ServiceDiscoveryRoute(std::function<std::vector<DiscoveredTarget>()> targets) {
  return {.path = "/sd",
          .about = "the targets, for Prometheus' HTTP service discovery",
          .handler = AtOnce([targets = std::move(targets)](const Request&) {
            return Response{.content_type = "application/json",
                            .body = Body::Of(ToJson(targets()))};
          })};
}

}  // namespace arkouda_exporter
