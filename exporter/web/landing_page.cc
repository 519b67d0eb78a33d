#include "exporter/web/landing_page.h"

#include <string_view>

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

}  // namespace

std::vector<LandingPage::Link> LinksTo(std::span<const Route> routes) {
  std::vector<LandingPage::Link> links;
  for (const Route& route : routes) {
    if (!route.about.empty()) links.push_back({.path = route.path, .about = route.about});
  }
  return links;
}

std::string RenderLandingPage(const LandingPage& page) {
  const std::string title = EscapeHtml(page.title);
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>" + title +
                     "</title></head>\n<body>\n<h1>" + title + "</h1>\n<table>\n";
  for (const auto& [name, value] : page.facts) {
    html += "<tr><td>" + EscapeHtml(name) + "</td><td>" + EscapeHtml(value) + "</td></tr>\n";
  }
  html += "</table>\n<ul>\n";
  for (const auto& [path, about] : page.links) {
    // Relative, so that they work behind a proxy that puts a prefix in front of the path.
    const std::string link = EscapeHtml(path);
    html += "<li><a href=\"." + link + "\">" + link + "</a>: " + EscapeHtml(about) + "</li>\n";
  }
  html += "</ul>\n</body>\n</html>\n";
  return html;
}

}  // namespace arkouda_exporter
