#pragma once

#include <string>
#include <vector>

#include "exporter/web/handler.h"

namespace arkouda_exporter {

/// A row of the table of routes.
struct Route {
  std::string path;   ///< such as "/metrics"; matched as a whole
  std::string about;  ///< what people find there, in a few words; empty: nothing for people
  Handler handler;
  /// Which methods the handler takes. With GET it is called for HEAD, too: leaving the body out is
  /// the server's part.
  std::vector<std::string> methods = {"GET"};
};

/// Path and method to who answers, by a table. Thread-safe where its handlers are.
class Routes {
 public:
  /// No two rows have the same path.
  explicit Routes(std::vector<Route> rows);

  /// Hands the request to its row's handler. Without such a row the answer is a 404 that names the
  /// paths, and with another method a 405 that names the methods.
  void Answer(const Request& request, const Respond& respond) const;

 private:
  std::vector<Route> rows_;  // each with all methods that are allowed
  std::string not_found_;
};

}  // namespace arkouda_exporter
