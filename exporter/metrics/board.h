#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "exporter/metrics/snapshot.h"

namespace arkouda_exporter {

/// The latest snapshot of each target, handed from the thread that makes them to those that read
/// them. Any thread; a reader keeps what it got for as long as it likes.
class Board {
 public:
  using Entry = std::shared_ptr<const Snapshot>;

  /// What is on the board at one moment, in the order of the targets' addresses. Of two with the
  /// same generation, which is never 0, nothing differs.
  struct View {
    std::uint64_t generation = 0;
    std::vector<Entry> snapshots;
  };

  /// Puts up what is known of the target with this address, in place of what was.
  void Set(const std::string& address, Entry snapshot);
  void Remove(const std::string& address);

  View Get() const;
  /// nullptr when there is no such target.
  Entry Get(const std::string& address) const;
  std::uint64_t generation() const;

 private:
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<std::string, Entry> by_address_;
  std::uint64_t generation_ = 1;
};

}  // namespace arkouda_exporter
