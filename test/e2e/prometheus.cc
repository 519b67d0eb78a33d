#include "test/e2e/prometheus.h"

#include <nlohmann/json.hpp>

#include "test/support/http.h"
#include "test/support/page.h"

namespace arkouda_exporter::testing {
namespace {

std::string Configuration(std::uint16_t exporter_port, const std::string& more) {
  return "scrape_configs:\n"
         "  - job_name: arkouda\n"
         "    scrape_interval: 500ms\n"
         "    scrape_timeout: 500ms\n" +
         (more.empty() ? "" : "    " + more + "\n") +
         "    static_configs:\n"
         "      - targets: ['127.0.0.1:" +
         std::to_string(exporter_port) + "']\n";
}

double ToDouble(const std::string& text) {
  const std::optional<double> value = ParseValue(text);
  EXPECT_TRUE(value.has_value()) << text;
  return value.value_or(0);
}

}  // namespace

Prometheus::Prometheus(std::uint16_t exporter_port, const std::string& more)
    : process_("prometheus",
               {"--config.file=" +
                    directory_.Write("prometheus.yml", Configuration(exporter_port, more)),
                "--storage.tsdb.path=" + (directory_.path() / "data").string(),
                "--web.listen-address=127.0.0.1:0"}) {
  EXPECT_TRUE(process_.AwaitStderr("msg=\"Listening on\""));
  const std::string log = process_.Stderr();
  const std::string address = "address=127.0.0.1:";
  const std::size_t listening = log.find("msg=\"Listening on\"");
  const std::size_t start = log.find(address, listening);
  if (start == std::string::npos) return;
  const std::size_t port = start + address.size();
  url_ = "http://127.0.0.1:" + log.substr(port, log.find('\n', port) - port);
  // It listens before it has loaded its data, and answers 503 in between.
  EXPECT_TRUE(Await("Prometheus", [this] { return HttpGet(url_ + "/-/ready").status == 200; }));
}

nlohmann::json Prometheus::Get(const std::string& path, const std::string& promql) const {
  Arguments arguments = {url_ + path};
  if (!promql.empty()) {
    arguments.insert(arguments.end(), {"--get", "--data-urlencode", "query=" + promql});
  }
  const HttpResponse response = Curl(arguments);
  EXPECT_EQ(response.status, 200) << response.error << response.body;
  auto json = nlohmann::json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  EXPECT_TRUE(json.is_object() && json.value("status", "") == "success") << response.body;
  if (!json.is_object()) json = nlohmann::json::object();
  return json;
}

Prometheus::Target Prometheus::target() const {
  const auto json = Get("/api/v1/targets");
  const auto targets = json.value("/data/activeTargets"_json_pointer, nlohmann::json::array());
  if (targets.size() != 1) return {};
  return {.health = targets[0].value("health", ""),
          .last_error = targets[0].value("lastError", "")};
}

std::map<Labels, double> Prometheus::Query(const std::string& promql) const {
  const auto json = Get("/api/v1/query", promql);
  std::map<Labels, double> series;
  for (const auto& result : json.value("/data/result"_json_pointer, nlohmann::json::array())) {
    Labels labels = result.at("metric").get<Labels>();
    labels.erase("job");
    labels.erase("instance");
    series[labels] = ToDouble(result.at("value").at(1).get<std::string>());
  }
  return series;
}

}  // namespace arkouda_exporter::testing
