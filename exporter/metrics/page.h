#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/metrics/board.h"
#include "exporter/metrics/snapshot.h"

namespace arkouda_exporter {

/// The families of targets in the text format 0.0.4: each family once, with the lines of all
/// targets behind its header. Large blocks of lines are the snapshots' own, since a second copy of
/// them would stay resident; small ones are copied, since a thousand targets have tens of
/// thousands. Immutable; any thread.
class Page {
 public:
  explicit Page(std::vector<Board::Entry> targets);
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  /// The text, in parts that follow one another; valid as long as this object.
  const std::vector<std::string_view>& parts() const { return parts_; }
  std::string Text() const;  ///< the parts joined

 private:
  const std::vector<Board::Entry> targets_;
  std::deque<std::string> texts_;  // what is not the snapshots'
  std::vector<std::string_view> parts_;
};

/// The page of all that is on a board, put together when it is asked for and something has changed.
/// Any thread.
class LatestPage {
 public:
  /// `board` is not owned, and outlives this.
  explicit LatestPage(const Board& board) : board_(board) {}

  /// Whoever asks while it is put together waits for that.
  std::shared_ptr<const Page> Get();

  /// Lets go of a page that is out of date, and of the snapshots that it holds. Never waits long.
  void Forget();

 private:
  const Board& board_;
  std::mutex building_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::uint64_t generation_ = 0;
  std::shared_ptr<const Page> page_;
};

}  // namespace arkouda_exporter
