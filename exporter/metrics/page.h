#pragma once

#include <bitset>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/page_selection.h"
#include "exporter/metrics/board.h"
#include "exporter/metrics/compressed_text.h"
#include "exporter/metrics/family_table.h"
#include "exporter/metrics/snapshot.h"

namespace arkouda_exporter {

/// Which families of the table are on a page, and in which format. Names in a selection that no
/// family has change nothing.
class PageShape {
 public:
  using FamilySet = std::bitset<kFamilyCount>;  ///< by FamilyId

  explicit PageShape(const PageSelection& selection);

  ExpositionFormat format() const { return format_; }
  bool Has(FamilyId family) const { return families_.test(static_cast<std::size_t>(family)); }
  bool HasAll() const { return families_.all(); }

  friend bool operator==(const PageShape&, const PageShape&) = default;

 private:
  ExpositionFormat format_;
  FamilySet families_;
};

/// The families of targets: each family once, with the lines of all targets behind its header, and
/// in OpenMetrics the mark of the end. Large blocks of lines are the snapshots' own, since a second
/// copy of them would stay resident; small ones are copied, since a thousand targets have tens of
/// thousands. Immutable; any thread.
class Page {
 public:
  Page(std::vector<Board::Entry> targets, const PageShape& shape);
  explicit Page(std::vector<Board::Entry> targets, const PageSelection& selection = {})
      : Page(std::move(targets), PageShape(selection)) {}
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  const PageShape& shape() const { return shape_; }

  /// The text, in parts that follow one another; valid as long as this object.
  const std::vector<std::string_view>& parts() const { return parts_; }
  std::string Text() const;  ///< the parts joined

  /// The text compressed, which is done when it is first asked for.
  const CompressedText& Compressed() const;

 private:
  const PageShape shape_;
  const std::vector<Board::Entry> targets_;
  std::deque<std::string> texts_;  // what is not the snapshots'
  std::vector<std::string_view> parts_;
  mutable std::once_flag is_compressed_;
  mutable std::optional<CompressedText> compressed_;
};

/// The pages of all that is on a board, put together when they are asked for and something has
/// changed. Any thread.
class LatestPage {
 public:
  /// `board` is not owned, and outlives this.
  explicit LatestPage(const Board& board) : board_(board) {}

  /// Whoever asks while one is put together waits for that. Beside the pages of all families, the
  /// last few selections are kept: whoever invents new ones takes the time, and no memory.
  std::shared_ptr<const Page> Get(const PageSelection& selection = {});

  /// Lets go of pages that are out of date, and of the snapshots that they hold. Never waits long.
  void Forget();

 private:
  const Board& board_;
  std::mutex building_;
  std::mutex mutex_;
  // Guarded by mutex_.
  std::uint64_t generation_ = 0;
  std::vector<std::shared_ptr<const Page>> pages_;  // the oldest first
};

/// Pages of one target each, as they were asked for last. Any thread.
class TargetPages {
 public:
  /// The page of what is known of the target with this address. Whoever asks for one again, as long
  /// as nothing newer is known, gets the same; of many targets, those that were put together last
  /// are kept.
  std::shared_ptr<const Page> Get(const std::string& address, const Board::Entry& known,
                                  const PageSelection& selection);

  /// Something newer is known of the target, or it is not watched any more.
  void Forget(const std::string& address);

 private:
  struct Kept {
    std::string address;
    Board::Entry known;
    std::shared_ptr<const Page> page;
  };

  std::mutex mutex_;
  std::deque<Kept> pages_;  // guarded by mutex_; the oldest first
};

}  // namespace arkouda_exporter
