#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/metric.h"

namespace arkouda_exporter {

/// The entries of one reply, in its order: 32 bytes each, and their texts in one block. A
/// std::string for each of 43,000 entries' texts would cost more than reading them.
class Entries {
 public:
  /// The texts of an entry: its name; its user, or what tells its locale.
  enum Text : std::size_t {
    kName = 0,
    kUser = 1,
    kLocaleName = 1,
    kLocaleNum = 2,
    kLocaleHostname
  };
  static constexpr std::size_t kTexts = 4;
  using Texts = std::array<std::string_view, kTexts>;

  struct Entry {
    double value = 0;
    std::uint32_t text_begin = 0;
    std::array<std::uint32_t, kTexts> text_ends{};  ///< a text that the entry lacks is empty
    MetricCategory category = MetricCategory::kNumRequests;
    MetricScope scope = MetricScope::kGlobal;
  };
  static_assert(sizeof(Entry) == 32);

  struct Sizes {
    std::size_t text = 0;
    std::size_t entries = 0;
  };
  Sizes GetSizes() const { return {.text = text_.size(), .entries = entries_.size()}; }

  /// Makes room for as much and a little more: what grows step by step touches twice the memory
  /// that it needs.
  void Reserve(const Sizes& sizes);

  /// Appends an entry and returns its index. `texts` are not views into this object. All texts
  /// together must stay below 4 GiB, which the limit on a reply's size sees to.
  std::uint32_t Add(MetricCategory category, MetricScope scope, double value, const Texts& texts);
  std::uint32_t Add(const Metric& metric);

  std::size_t size() const { return entries_.size(); }
  const Entry& operator[](std::size_t index) const { return entries_[index]; }

  /// A text of the entry at `index`, unescaped; valid until the next Add.
  std::string_view TextOf(std::size_t index, std::size_t text) const {
    const Entry& entry = entries_[index];
    const std::uint32_t begin = text == 0 ? entry.text_begin : entry.text_ends[text - 1];
    return std::string_view(text_).substr(begin, entry.text_ends[text] - begin);
  }

 private:
  std::string text_;
  std::vector<Entry> entries_;
};

}  // namespace arkouda_exporter
