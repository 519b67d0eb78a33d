#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/arkouda/poll_outcome.h"
#include "exporter/metrics/family_table.h"

namespace arkouda_exporter {

/// One target's samples, grouped by family: entries, by their index. Where a sample is made of
/// something else, there is an entry for it, too.
class Samples {
 public:
  explicit Samples(Entries entries = {}) : entries_(std::move(entries)) {}

  /// The entries of a family's samples, in the order of its lines.
  const std::vector<std::uint32_t>& Of(FamilyId family) const {
    return by_family_[static_cast<std::size_t>(family)];
  }
  std::vector<std::uint32_t>& Of(FamilyId family) {
    return by_family_[static_cast<std::size_t>(family)];
  }

  double ValueOf(std::uint32_t entry) const { return entries_[entry].value; }

  /// The value of a label, unescaped; valid until entries() is added to.
  std::string_view LabelValue(std::uint32_t entry, const Label& label) const {
    return entries_.TextOf(entry, static_cast<std::size_t>(label.source));
  }

  Entries& entries() { return entries_; }
  const Entries& entries() const { return entries_; }

 private:
  Entries entries_;
  std::array<std::vector<std::uint32_t>, kFamilyCount> by_family_;
};

}  // namespace arkouda_exporter
