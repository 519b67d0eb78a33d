#include "test/support/http.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>

namespace arkouda_exporter::testing {

HttpResponse Curl(const Arguments& arguments) {
  // No ~/.curlrc and no proxy of the machine that the tests run on.
  Arguments all = {"--disable",    "--noproxy",  "*",  "--silent",
                   "--show-error", "--max-time", "60", "--include"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const Finished curl = RunToEnd("curl", all);

  HttpResponse response;
  response.error = curl.err;
  if (curl.ending != Exited(0)) return response;
  std::string_view rest = curl.out;
  const auto next_line = [&rest] {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
    return line;
  };
  const std::string_view status_line = next_line();  // "HTTP/1.1 200 OK"
  const std::size_t space = status_line.find(' ');
  if (space != std::string_view::npos) {
    const std::string_view code = status_line.substr(space + 1);
    std::from_chars(code.data(), code.data() + code.size(), response.status);
  }
  for (std::string_view line = next_line(); !line.empty(); line = next_line()) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    response.headers[name] = line.substr(colon + 2);
  }
  response.body = rest;
  return response;
}

HttpResponse HttpGet(const std::string& url) { return Curl({url}); }

}  // namespace arkouda_exporter::testing
