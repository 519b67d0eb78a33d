#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "common/metric.h"
#include "test/simulator/form.h"

namespace arkouda_simulator {

enum class RequestKind {
  kAll,         ///< metrics, category ALL
  kServerInfo,  ///< metrics, category SERVER_INFO
  kCategory,    ///< metrics, one of the other categories
  kConnect,
  kGetConfig,
};

struct Request {
  RequestKind kind = RequestKind::kAll;
  /// Which category, when the kind is kCategory.
  arkouda_exporter::MetricCategory category = arkouda_exporter::MetricCategory::kNumRequests;
  std::string user;
};

/// Reads the one frame of a request. Never more forgiving than the server of that form, which a
/// request that is refused here would halt; the error says what is wrong with it, in one line that
/// holds no bytes of the request. Any thread.
tl::expected<Request, std::string> ReadRequest(std::string_view bytes, Form form);

}  // namespace arkouda_simulator
