#pragma once

#include "common/page_selection.h"
#include "exporter/web/request.h"

namespace arkouda_exporter {

/// Which page a client wants, and how it may be sent.
struct PageWish {
  PageSelection selection;
  bool gzip = false;
};

/// Reads a request as Prometheus' client libraries do:
/// - `Accept`: the format that is named with the highest weight; the text format when it names none
///   of them. Wildcards name none, and parameters other than the version are passed over
///   (Prometheus 3 sends `escaping=…`).
/// - `Accept-Encoding`: gzip unless it is missing, has weight 0 or one below that of `identity`.
/// - `name[]`, repeatable: the families that are wanted.
PageWish WishOf(const Request& request);

}  // namespace arkouda_exporter
