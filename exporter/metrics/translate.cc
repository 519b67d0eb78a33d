#include "exporter/metrics/translate.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <functional>
#include <map>
#include <numeric>
#include <string_view>
#include <tuple>

#include "exporter/metrics/family_table.h"
#include "exporter/metrics/label_value.h"

namespace arkouda_exporter {
namespace {

constexpr std::size_t kFirstSlots = 256;

std::size_t Sum(const std::array<std::size_t, kFamilyCount>& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
}

class Decimal {
 public:
  explicit Decimal(std::int64_t number)
      : end_(std::to_chars(buffer_.begin(), buffer_.end(), number).ptr) {}
  std::string_view text() const {
    return {buffer_.data(), static_cast<std::size_t>(end_ - buffer_.data())};
  }

 private:
  std::array<char, 20> buffer_{};
  const char* end_;
};

std::string_view LabelValue(LabelSource source, const Metric& metric, const Decimal& locale_num) {
  switch (source) {
    case LabelSource::kName:
      return metric.name;
    case LabelSource::kUser:
      return metric.user;
    case LabelSource::kLocaleName:
      return metric.locale_name;
    case LabelSource::kLocaleNum:
      return locale_num.text();
    case LabelSource::kLocaleHostname:
      return metric.locale_hostname;
    default:
      return {};
  }
}

}  // namespace

Translator::Translator(std::size_t max_label_length, const Samples::Sizes& expected)
    : max_label_length_(max_label_length),
      slots_(std::max(kFirstSlots, std::bit_ceil(2 * Sum(expected.by_family)))) {
  samples_.Reserve(expected);
}

std::optional<SkipReason> Translator::Add(const Metric& metric) {
  const Family* const family = FamilyOf(metric);
  if (family == nullptr) {
    return IsScopeUsed(metric.category, metric.scope) ? SkipReason::kUnknownName
                                                      : SkipReason::kUnknownScope;
  }
  if (!first_timestamp_) first_timestamp_ = metric.timestamp;

  const Decimal locale_num(metric.locale_num);
  LabelValues labels;
  for (std::size_t i = 0; i < family->labels.size(); ++i) {
    labels[i] = LabelValue(family->labels[i].source, metric, locale_num);
  }
  const bool is_new = Put(family->id, labels, metric.value);
  return is_new ? std::nullopt : std::optional(SkipReason::kDuplicate);
}

bool Translator::Put(FamilyId family, LabelValues labels, double value) {
  Limit(labels);
  auto hash = static_cast<std::uint64_t>(family);
  for (const std::string_view label : labels) {
    hash = hash * 0x9e3779b97f4a7c15U + std::hash<std::string_view>()(label);
  }
  const auto short_hash = static_cast<std::uint32_t>(hash >> 32U);
  Slot& slot = FindSlot(short_hash, family, labels);
  if (slot.index_plus_one != 0) {
    samples_.Of(family)[slot.index_plus_one - 1].value = value;
    return false;
  }
  samples_.Add(family, labels, value);
  const std::size_t size = samples_.Of(family).size();
  slot = {.hash = short_hash,
          .family = static_cast<std::uint32_t>(family) & 0x1fU,
          .index_plus_one = static_cast<std::uint32_t>(size) & 0x7ffffffU};
  if (++used_slots_ * 2 > slots_.size()) Grow();
  return true;
}

void Translator::Add(const ServerInfo& info) {
  if (info.identity) {
    Put(FamilyId::kServerInformation,
        {info.identity->hostname, info.identity->version,
         Decimal(info.identity->number_of_locales).text()},
        1);
  }
  for (const LocaleInfo& locale : info.locales) {
    const LabelValues labels = {locale.name, locale.id, locale.hostname};
    Put(FamilyId::kMemoryPerLocale, labels, static_cast<double>(locale.physical_memory));
    Put(FamilyId::kProcessingUnitsPerLocale, labels, static_cast<double>(locale.processing_units));
    Put(FamilyId::kMaxNumberOfTasksPerLocale, labels, static_cast<double>(locale.max_tasks));
  }
}

void Translator::Limit(LabelValues& labels) {
  if (max_label_length_ == 0) return;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].size() <= max_label_length_) continue;
    if (shortened_labels_++ == 0) first_shortened_ = labels[i];
    shortened_[i] = ShortenLabelValue(labels[i], max_label_length_);
    labels[i] = shortened_[i];
  }
}

Translator::Slot& Translator::FindSlot(std::uint32_t hash, FamilyId family,
                                       const LabelValues& labels) {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.index_plus_one == 0) return slot;
    if (slot.hash == hash && slot.family == static_cast<std::uint32_t>(family) &&
        samples_.HasLabels(samples_.Of(family)[slot.index_plus_one - 1], labels)) {
      return slot;
    }
  }
}

void Translator::Grow() {
  std::vector<Slot> larger(slots_.size() * 2);
  const std::size_t mask = larger.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.index_plus_one == 0) continue;
    std::size_t i = slot.hash & mask;
    while (larger[i].index_plus_one != 0) i = (i + 1) & mask;
    larger[i] = slot;
  }
  slots_ = std::move(larger);
}

void DropDuplicateLocales(ServerInfo& info, const OnSkipped& on_skipped) {
  std::map<std::tuple<std::string, std::string, std::string>, LocaleInfo> kept;
  for (const LocaleInfo& locale : info.locales) {
    const bool is_new =
        kept.insert_or_assign({locale.name, locale.id, locale.hostname}, locale).second;
    if (!is_new) on_skipped(SkipReason::kDuplicate, locale.name);
  }
  if (kept.size() == info.locales.size()) return;
  info.locales.clear();
  for (auto& [key, locale] : kept) info.locales.push_back(std::move(locale));
}

}  // namespace arkouda_exporter
