#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/metric.h"
#include "exporter/arkouda/reply.h"
#include "exporter/metrics/samples.h"

namespace arkouda_exporter {

/// Turns the entries of one `ALL` reply, and what is known of the server, into samples. One object
/// a reply; one thread.
class Translator {
 public:
  /// Label values of more bytes than `max_label_length` (0: any) are shortened (label_value.h).
  /// `expected`: what Take will give, as far as that is known, such as the last reply's.
  explicit Translator(std::size_t max_label_length = 0, const Samples::Sizes& expected = {});

  /// Adds an entry, and returns why it was left out, if it was. Of two entries for one series the
  /// last wins (Prometheus refuses a page with duplicates): its value replaces the earlier one's,
  /// and the answer is kDuplicate.
  std::optional<SkipReason> Add(const Metric& metric);

  /// Adds what SERVER_INFO says: the families that are not made of entries.
  void Add(const ServerInfo& info);

  /// The timestamp of the first entry that was kept, as Arkouda wrote it; nullopt without any.
  const std::optional<std::string>& first_timestamp() const { return first_timestamp_; }

  /// How many label values were shortened, and the first of them as it was.
  std::size_t shortened_labels() const { return shortened_labels_; }
  const std::string& first_shortened() const { return first_shortened_; }

  /// Hands the samples over; the translator is spent.
  Samples Take() { return std::move(samples_); }

 private:
  // A hash set of the samples, open addressing: a node for each of 43,000 samples would cost more
  // than all the rest of the translation.
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t family : 5 = 0;
    std::uint32_t index_plus_one : 27 = 0;  // 0: free
  };
  static_assert(kFamilyCount <= 32 && sizeof(Slot) == 8);

  /// Shortens the values that are over the limit; they are valid until the next call.
  void Limit(LabelValues& labels);
  /// Adds a sample, or replaces the value of the one that there is; returns whether it is new.
  bool Put(FamilyId family, LabelValues labels, double value);
  /// The slot of this series, or the free one where it would stand.
  Slot& FindSlot(std::uint32_t hash, FamilyId family, const LabelValues& labels);
  void Grow();

  const std::size_t max_label_length_;
  Samples samples_;
  std::vector<Slot> slots_;  // their number is a power of two
  std::size_t used_slots_ = 0;
  std::optional<std::string> first_timestamp_;
  std::array<std::string, kMostLabels> shortened_;
  std::size_t shortened_labels_ = 0;
  std::string first_shortened_;
};

/// Leaves the last of several locales with the same name, id and hostname, and hands each of the
/// others to `on_skipped`.
void DropDuplicateLocales(ServerInfo& info, const OnSkipped& on_skipped);

}  // namespace arkouda_exporter
