#include "exporter/arkouda/skips.h"

#include "common/quote.h"

namespace arkouda_exporter {

void Skips::Add(SkipReason reason, std::string_view part) {
  OfReason& of_reason = by_reason_[static_cast<std::size_t>(reason)];
  if (of_reason.count++ == 0) of_reason.first = Excerpt(part);
}

void Skips::Add(const Skips& more) {
  for (std::size_t i = 0; i < by_reason_.size(); ++i) {
    if (by_reason_[i].count == 0) by_reason_[i].first = more.by_reason_[i].first;
    by_reason_[i].count += more.by_reason_[i].count;
  }
}

}  // namespace arkouda_exporter
