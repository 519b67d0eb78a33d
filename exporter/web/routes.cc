#include "exporter/web/routes.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace arkouda_exporter {
namespace {

std::string Joined(const std::vector<std::string>& texts, std::string_view separator) {
  std::string joined;
  for (const std::string& text : texts) {
    if (!joined.empty()) joined += separator;
    joined += text;
  }
  return joined;
}

bool Has(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

}  // namespace

Routes::Routes(std::vector<Route> rows) : rows_(std::move(rows)) {
  std::vector<std::string> paths;
  for (Route& row : rows_) {
    if (Has(row.methods, "GET")) row.methods.emplace_back("HEAD");
    if (!row.about.empty()) paths.push_back(row.path);
  }
  not_found_ = "Not found. What there is: " + Joined(paths, ", ");
}

void Routes::Answer(const Request& request, const Respond& respond) const {
  const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const Route& candidate) {
    return candidate.path == request.path;
  });
  if (row == rows_.end()) {
    respond(PlainText(404, not_found_));
  } else if (!Has(row->methods, request.method)) {
    const bool is_one = row->methods.size() == 1;
    Response refusal = PlainText(
        405, "Only " + Joined(row->methods, " and ") + (is_one ? " is allowed." : " are allowed."));
    refusal.headers = {{"Allow", Joined(row->methods, ", ")}};
    respond(std::move(refusal));
  } else {
    row->handler(request, respond);
  }
}

}  // namespace arkouda_exporter
