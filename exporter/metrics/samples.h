#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metrics/family_table.h"

namespace arkouda_exporter {

/// A series' label values in the order of its family's labels; the rest is empty.
using LabelValues = std::array<std::string_view, kMostLabels>;

/// One target's samples, grouped by family: label values in one block of text, so that a sample of
/// three labels is 24 bytes and no allocation of its own.
class Samples {
 public:
  struct Sample {
    double value = 0;
    std::uint32_t text_begin = 0;
    /// Where each label value ends in the text; labels that the family lacks are empty.
    std::array<std::uint32_t, kMostLabels> text_ends{};
  };

  /// How much there is of everything.
  struct Sizes {
    std::size_t text = 0;
    std::array<std::size_t, kFamilyCount> by_family{};
  };
  Sizes GetSizes() const;

  /// Makes room for as much and a little more: vectors that grow step by step touch twice the
  /// memory that they need.
  void Reserve(const Sizes& sizes);

  /// Appends a sample. The text of all samples together must
  /// stay below 4 GiB, which the limit on a reply's size sees to.
  void Add(FamilyId family, const LabelValues& labels, double value);

  const std::vector<Sample>& Of(FamilyId family) const {
    return by_family_[static_cast<std::size_t>(family)];
  }
  std::vector<Sample>& Of(FamilyId family) { return by_family_[static_cast<std::size_t>(family)]; }

  /// A sample's label value, unescaped; valid until the next Add.
  std::string_view LabelValue(const Sample& sample, std::size_t index) const {
    const std::uint32_t begin = index == 0 ? sample.text_begin : sample.text_ends[index - 1];
    return std::string_view(text_).substr(begin, sample.text_ends[index] - begin);
  }

  bool HasLabels(const Sample& sample, const LabelValues& labels) const;

 private:
  std::string text_;
  std::array<std::vector<Sample>, kFamilyCount> by_family_;
};

}  // namespace arkouda_exporter
