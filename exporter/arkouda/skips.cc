#include "exporter/arkouda/skips.h"

#include "common/quote.h"

namespace arkouda_exporter {

void Skips::Add(SkipReason reason, std::string_view part) {
  OfReason& of_reason = by_reason_[reason];
  if (of_reason.count++ == 0) of_reason.first = Excerpt(part);
}

void Skips::Add(const Skips& more) {
  for (const auto& [reason, added] : more.by_reason_) {
    OfReason& of_reason = by_reason_[reason];
    if (of_reason.count == 0) of_reason.first = added.first;
    of_reason.count += added.count;
  }
}

const Skips::OfReason& Skips::Of(SkipReason reason) const {
  static const OfReason kNothing;
  const auto found = by_reason_.find(reason);
  return found == by_reason_.end() ? kNothing : found->second;
}

}  // namespace arkouda_exporter
