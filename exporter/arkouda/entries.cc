#include "exporter/arkouda/entries.h"

#include <charconv>

namespace arkouda_exporter {

void Entries::Reserve(const Sizes& sizes) {
  text_.reserve(sizes.text + sizes.text / 16);
  entries_.reserve(sizes.entries + sizes.entries / 16);
}

std::uint32_t Entries::Add(MetricCategory category, MetricScope scope, double value,
                           const Texts& texts) {
  Entry& entry = entries_.emplace_back();
  entry.value = value;
  entry.category = category;
  entry.scope = scope;
  entry.text_begin = static_cast<std::uint32_t>(text_.size());
  for (std::size_t i = 0; i < kTexts; ++i) {
    text_ += texts[i];
    entry.text_ends[i] = static_cast<std::uint32_t>(text_.size());
  }
  return static_cast<std::uint32_t>(entries_.size() - 1);
}

std::uint32_t Entries::Add(const Metric& metric) {
  std::array<char, 20> digits{};
  Texts texts = {metric.name};
  switch (metric.scope) {
    case MetricScope::kGlobal:
      break;
    case MetricScope::kLocale: {
      const char* const end = std::to_chars(digits.begin(), digits.end(), metric.locale_num).ptr;
      texts[kLocaleName] = metric.locale_name;
      texts[kLocaleNum] = {digits.data(), static_cast<std::size_t>(end - digits.data())};
      texts[kLocaleHostname] = metric.locale_hostname;
      break;
    }
    case MetricScope::kUser:
      texts[kUser] = metric.user;
      break;
  }
  return Add(metric.category, metric.scope, metric.value, texts);
}

}  // namespace arkouda_exporter
