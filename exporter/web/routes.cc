#include "exporter/web/routes.h"

#include "common/build_info.h"

namespace arkouda_exporter {
namespace {

std::string EscapeHtml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Response Text(int status, std::string text) {
  return {.status = status, .body = {std::make_shared<const std::string>(std::move(text))}};
}

}  // namespace

Response Routes::Answer(std::string_view method, std::string_view path) const {
  const bool is_telemetry = path == sources_.telemetry_path;
  const bool is_known = is_telemetry || path == "/" || path == kHealthyPath || path == kReadyPath;
  if (!is_known) return Text(404, "Not found. Metrics are at " + sources_.telemetry_path + "\n");
  if (method != "GET" && method != "HEAD") {
    Response response = Text(405, "Only GET and HEAD are allowed.\n");
    response.allow = "GET, HEAD";
    return response;
  }
  if (is_telemetry) {
    return {.content_type = sources_.exposition_content_type, .body = sources_.exposition()};
  }
  if (path == kReadyPath) return Text(200, "Ready.\n");
  if (path == kHealthyPath) {
    return sources_.is_healthy() ? Text(200, "Healthy.\n")
                                 : Text(503, "Unhealthy: the poll loop has stopped turning.\n");
  }
  Response response = Text(200, LandingPage());
  response.content_type = "text/html; charset=utf-8";
  return response;
}

std::string Routes::LandingPage() const {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Arkouda Exporter</title></head>\n<body>\n"
      "<h1>Arkouda Exporter</h1>\n<table>\n";
  const auto row = [&](std::string_view name, std::string_view value) {
    page.append("<tr><td>").append(name).append("</td><td>");
    page.append(EscapeHtml(value)).append("</td></tr>\n");
  };
  const BuildInfo build = GetBuildInfo();
  row("Version", std::string(build.version) + " (revision " + std::string(build.revision) + ")");
  row("Target", sources_.target);
  row("Last poll", sources_.last_poll());
  page += "</table>\n<ul>\n";
  for (const std::string_view path :
       {std::string_view(sources_.telemetry_path), kHealthyPath, kReadyPath}) {
    // Relative, so that they work behind a proxy that puts a prefix in front of the path.
    const std::string escaped = EscapeHtml(path);
    page.append("<li><a href=\".").append(escaped).append("\">").append(escaped);
    page.append("</a></li>\n");
  }
  page += "</ul>\n</body>\n</html>\n";
  return page;
}

}  // namespace arkouda_exporter
