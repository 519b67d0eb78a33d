#pragma once

#include <map>
#include <string>

#include "test/support/process.h"

namespace arkouda_exporter::testing {

/// What curl brought back.
struct HttpResponse {
  int status = 0;                              ///< 0: there was no answer, `error` says why
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
  std::string error;  ///< curl's own words
};

/// Runs the real curl with these arguments, a URL among them.
HttpResponse Curl(const Arguments& arguments);
HttpResponse HttpGet(const std::string& url);

}  // namespace arkouda_exporter::testing
