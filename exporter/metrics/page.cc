#include "exporter/metrics/page.h"

#include <algorithm>
#include <utility>

#include "exporter/metrics/exposition.h"

namespace arkouda_exporter {
namespace {

// Below this, copying a block once costs less than another part on the way to each scraper.
constexpr std::size_t kSmallBlock = 16 << 10;

// The last line of OpenMetrics.
constexpr std::string_view kEnd = "# EOF\n";

// How many selections there are pages of: two formats, and some whose families were chosen.
constexpr std::size_t kMostPages = 8;

// Of how many targets, or selections of one, there are pages.
constexpr std::size_t kMostTargetPages = 16;

// What a family's two header lines have beside its name, its help and its type.
constexpr std::size_t kHeaderMarks = 40;

}  // namespace

PageShape::PageShape(const PageSelection& selection) : format_(selection.format) {
  for (const Family& family : Families()) {
    families_.set(static_cast<std::size_t>(family.id),
                  IsWanted(selection, family.name, family.type));
  }
}

Page::Page(std::vector<Board::Entry> targets, const PageShape& shape)
    : shape_(shape), targets_(std::move(targets)) {
  std::vector<const Family*> families;
  for (const Family& family : Families()) {
    if (shape_.Has(family.id)) families.push_back(&family);
  }
  const auto block_of = [](const Snapshot& target, FamilyId family) -> std::string_view {
    const bool is_own = static_cast<std::size_t>(family) >= kArkoudaFamilyCount;
    const auto& lines = is_own ? target.own : target.arkouda;
    return lines ? lines->Of(family) : std::string_view();
  };
  // A text that grows step by step would touch three times the memory of a thousand targets'
  // blocks.
  std::size_t size = kEnd.size();
  for (const Family* const family : families) {
    size += family->name.size() * 2 + family->help.size() + kHeaderMarks;
    for (const Board::Entry& target : targets_) {
      const std::size_t block = block_of(*target, family->id).size();
      if (block < kSmallBlock) size += block;
    }
  }
  std::string text;  // what comes after the last part
  text.reserve(size);
  const auto end_text = [&] {
    if (text.empty()) return;
    parts_.emplace_back(texts_.emplace_back(std::exchange(text, {})));
  };
  for (const Family* const family : families) {
    bool has_header = false;
    for (const Board::Entry& target : targets_) {
      const std::string_view block = block_of(*target, family->id);
      if (block.empty()) continue;
      if (!has_header) {
        AppendHeader(text, family->name, family->help, family->type, shape_.format());
      }
      has_header = true;
      if (block.size() < kSmallBlock) {
        text += block;
      } else {
        end_text();
        parts_.push_back(block);
      }
    }
  }
  if (shape_.format() == ExpositionFormat::kOpenMetrics) text += kEnd;
  end_text();
}

const CompressedText& Page::Compressed() const {
  std::call_once(is_compressed_, [this] { compressed_.emplace(parts_); });
  return *compressed_;
}

std::string Page::Text() const {
  std::string text;
  for (const std::string_view part : parts_) text += part;
  return text;
}

std::shared_ptr<const Page> LatestPage::Get(const PageSelection& selection) {
  const PageShape shape(selection);
  const std::lock_guard one_builder(building_);
  {
    const std::lock_guard lock(mutex_);
    if (generation_ == board_.generation()) {
      const auto found = std::find_if(pages_.begin(), pages_.end(),
                                      [&](const auto& page) { return page->shape() == shape; });
      if (found != pages_.end()) return *found;
    }
  }
  Board::View view = board_.Get();
  auto page = std::make_shared<const Page>(std::move(view.snapshots), shape);
  std::vector<std::shared_ptr<const Page>> old;  // let go when the lock has been
  const std::lock_guard lock(mutex_);
  if (generation_ != view.generation) old.swap(pages_);
  if (pages_.size() == kMostPages) {
    // What everybody asks for stays: there are as many whole pages as formats.
    pages_.erase(std::find_if(pages_.begin(), pages_.end(),
                              [](const auto& each) { return !each->shape().HasAll(); }));
  }
  pages_.push_back(page);
  generation_ = view.generation;
  return page;
}

void LatestPage::Forget() {
  std::vector<std::shared_ptr<const Page>> old;
  const std::lock_guard lock(mutex_);
  old.swap(pages_);
}

std::shared_ptr<const Page> TargetPages::Get(const std::string& address, const Board::Entry& known,
                                             const PageSelection& selection) {
  const PageShape shape(selection);
  {
    const std::lock_guard lock(mutex_);
    for (const Kept& kept : pages_) {
      if (kept.known == known && kept.page->shape() == shape) return kept.page;
    }
  }
  auto page = std::make_shared<const Page>(std::vector{known}, shape);
  const std::lock_guard lock(mutex_);
  if (pages_.size() == kMostTargetPages) pages_.pop_front();
  pages_.push_back({.address = address, .known = known, .page = page});
  return page;
}

void TargetPages::Forget(const std::string& address) {
  const std::lock_guard lock(mutex_);
  std::erase_if(pages_, [&](const Kept& kept) { return kept.address == address; });
}

}  // namespace arkouda_exporter
