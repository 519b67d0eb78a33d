#include "exporter/metrics/samples.h"

namespace arkouda_exporter {

Samples::Sizes Samples::GetSizes() const {
  Sizes sizes{.text = text_.size()};
  for (std::size_t i = 0; i < kFamilyCount; ++i) sizes.by_family[i] = by_family_[i].size();
  return sizes;
}

void Samples::Reserve(const Sizes& sizes) {
  const auto and_a_little = [](std::size_t size) { return size + size / 16; };
  text_.reserve(and_a_little(sizes.text));
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    by_family_[i].reserve(and_a_little(sizes.by_family[i]));
  }
}

void Samples::Add(FamilyId family, const LabelValues& labels, double value) {
  Sample& sample = Of(family).emplace_back();
  sample.value = value;
  sample.text_begin = static_cast<std::uint32_t>(text_.size());
  for (std::size_t i = 0; i < kMostLabels; ++i) {
    text_ += labels[i];
    sample.text_ends[i] = static_cast<std::uint32_t>(text_.size());
  }
}

bool Samples::HasLabels(const Sample& sample, const LabelValues& labels) const {
  for (std::size_t i = 0; i < kMostLabels; ++i) {
    if (LabelValue(sample, i) != labels[i]) return false;
  }
  return true;
}

}  // namespace arkouda_exporter
