#include "exporter/metrics/board.h"

#include <utility>

namespace arkouda_exporter {

void Board::Set(const std::string& address, Entry snapshot) {
  {
    const std::lock_guard lock(mutex_);
    ++generation_;
    by_address_[address].swap(snapshot);
  }
  // `snapshot` is the old one now, and is let go of outside the lock.
}

void Board::Remove(const std::string& address) {
  const std::lock_guard lock(mutex_);
  generation_ += by_address_.erase(address);
}

Board::View Board::Get() const {
  View view;
  const std::lock_guard lock(mutex_);
  view.generation = generation_;
  view.snapshots.reserve(by_address_.size());
  for (const auto& [address, snapshot] : by_address_) view.snapshots.push_back(snapshot);
  return view;
}

Board::Entry Board::Get(const std::string& address) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_address_.find(address);
  return found == by_address_.end() ? nullptr : found->second;
}

std::uint64_t Board::generation() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

}  // namespace arkouda_exporter
