#include "exporter/metrics/translate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "common/quote.h"
#include "exporter/metrics/family_table.h"
#include "exporter/metrics/label_value.h"

namespace arkouda_exporter {
namespace {

class Translator {
 public:
  Translator(Entries entries, std::size_t series, std::size_t max_label_length)
      : max_label_length_(max_label_length),
        translation_{.samples = Samples(std::move(entries))},
        slots_(std::bit_ceil(2 * series + 1)) {}

  void AddEntries() {
    // Entries that are added on the way have their families already.
    const std::size_t count = samples().entries().size();
    for (std::size_t i = 0; i < count; ++i) AddEntry(static_cast<std::uint32_t>(i));
  }

  void AddServerInfo(const ServerInfo& info) {
    if (info.identity) {
      AddText(FamilyId::kServerInformation, 1,
              {"", info.identity->hostname, info.identity->version,
               std::to_string(info.identity->number_of_locales)});
    }
    for (const LocaleInfo& locale : info.locales) {
      const Entries::Texts texts = {"", locale.name, locale.id, locale.hostname};
      AddText(FamilyId::kMemoryPerLocale, static_cast<double>(locale.physical_memory), texts);
      AddText(FamilyId::kProcessingUnitsPerLocale, static_cast<double>(locale.processing_units),
              texts);
      AddText(FamilyId::kMaxNumberOfTasksPerLocale, static_cast<double>(locale.max_tasks), texts);
    }
  }

  void AddTimestamp(double unix_seconds) {
    AddText(FamilyId::kReportedTimestamp, unix_seconds, {});
  }

  Translation Take() { return std::move(translation_); }

 private:
  // A hash set of the samples, open addressing: a node for each of 43,000 samples would cost more
  // than all the rest of the translation.
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t family : 5 = 0;
    std::uint32_t position_plus_one : 27 = 0;  // among the family's samples; 0: free
  };
  static_assert(kFamilyCount <= 32 && sizeof(Slot) == 8);

  void AddEntry(std::uint32_t index) {
    const Entries::Entry& entry = samples().entries()[index];
    const std::string_view name = samples().entries().TextOf(index, Entries::kName);
    const Family* const family = FamilyOf(entry.category, entry.scope, name);
    if (family == nullptr) {
      translation_.skips.Add(IsScopeUsed(entry.category, entry.scope) ? SkipReason::kUnknownName
                                                                      : SkipReason::kUnknownScope,
                             name);
    } else if (!Put(*family, Limited(*family, index))) {
      translation_.skips.Add(SkipReason::kDuplicate, name);
    }
  }

  void AddText(FamilyId id, double value, const Entries::Texts& texts) {
    const Family& family = GetFamily(id);
    const std::uint32_t entry = samples().entries().Add({}, {}, value, texts);
    Put(family, Limited(family, entry));
  }

  // The entry, or one beside it whose texts are short enough.
  std::uint32_t Limited(const Family& family, std::uint32_t index) {
    if (max_label_length_ == 0) return index;
    std::array<std::string, Entries::kTexts> shortened;
    Entries::Texts texts{};
    bool is_limited = false;
    for (const Label& label : family.labels) {
      const std::string_view text = samples().LabelValue(index, label);
      if (text.size() <= max_label_length_) continue;
      if (translation_.shortened_labels++ == 0) translation_.first_shortened = Excerpt(text);
      shortened.at(static_cast<std::size_t>(label.source)) =
          ShortenLabelValue(text, max_label_length_);
      is_limited = true;
    }
    if (!is_limited) return index;
    for (const Label& label : family.labels) {
      std::string& text = shortened.at(static_cast<std::size_t>(label.source));
      if (text.empty()) text = samples().LabelValue(index, label);
      texts.at(static_cast<std::size_t>(label.source)) = text;
    }
    return samples().entries().Add({}, {}, samples().ValueOf(index), texts);
  }

  // Adds a sample, or puts it in the place of the one that there is; returns whether it is new.
  bool Put(const Family& family, std::uint32_t entry) {
    auto hash = static_cast<std::uint64_t>(family.id);
    for (const Label& label : family.labels) {
      hash = hash * 0x9e3779b97f4a7c15U +
             std::hash<std::string_view>()(samples().LabelValue(entry, label));
    }
    hash *= 0x9e3779b97f4a7c15U;
    const auto short_hash = static_cast<std::uint32_t>(hash >> 32U);
    std::vector<std::uint32_t>& of_family = samples().Of(family.id);
    Slot& slot = FindSlot(short_hash, family, entry);
    if (slot.position_plus_one != 0) {
      of_family[slot.position_plus_one - 1] = entry;
      return false;
    }
    of_family.push_back(entry);
    slot = {.hash = short_hash,
            .family = static_cast<std::uint32_t>(family.id) & 0x1fU,
            .position_plus_one = static_cast<std::uint32_t>(of_family.size()) & 0x7ffffffU};
    return true;
  }

  // The slot of this series, or the free one where it would stand.
  Slot& FindSlot(std::uint32_t hash, const Family& family, std::uint32_t entry) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
      Slot& slot = slots_[i];
      if (slot.position_plus_one == 0) return slot;
      if (slot.hash == hash && slot.family == static_cast<std::uint32_t>(family.id) &&
          HaveSameLabels(family, samples().Of(family.id)[slot.position_plus_one - 1], entry)) {
        return slot;
      }
    }
  }

  bool HaveSameLabels(const Family& family, std::uint32_t one, std::uint32_t other) {
    return std::all_of(family.labels.begin(), family.labels.end(), [&](const Label& label) {
      return samples().LabelValue(one, label) == samples().LabelValue(other, label);
    });
  }

  Samples& samples() { return translation_.samples; }

  const std::size_t max_label_length_;
  Translation translation_;
  std::vector<Slot> slots_;  // their number is a power of two, and at least twice the samples'
};

}  // namespace

Translation Translate(Answer answer, std::size_t max_label_length) {
  const ServerInfo* const info = answer.server_info.get();
  // What is not made of an entry: the identity, three families for each locale, the timestamp.
  const std::size_t others = 2 + (info == nullptr ? 0 : 3 * info->locales.size());
  const std::size_t series = answer.entries.size() + others;
  Translator translator(std::move(answer.entries), series, max_label_length);
  translator.AddEntries();
  if (info != nullptr) translator.AddServerInfo(*info);
  if (answer.timestamp) translator.AddTimestamp(*answer.timestamp);
  return translator.Take();
}

}  // namespace arkouda_exporter
