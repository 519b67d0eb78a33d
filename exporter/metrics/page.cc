#include "exporter/metrics/page.h"

#include <algorithm>
#include <array>
#include <utility>

#include "exporter/metrics/exposition.h"

namespace arkouda_exporter {
namespace {

// Below this, copying a block once costs less than another part on the way to each scraper.
constexpr std::size_t kSmallBlock = 16 << 10;

// The last line of OpenMetrics.
constexpr std::string_view kEnd = "# EOF\n";

// How many pages of chosen families there are.
constexpr std::size_t kMostChosen = 6;

// Of how many targets, or selections of one, there are pages.
constexpr std::size_t kMostTargetPages = 16;

// What a family's two header lines have beside its name, its help and its type.
constexpr std::size_t kHeaderMarks = 40;

// Names that no family has make no other page.
Page::FamilySet FamiliesOf(const PageSelection& selection) {
  Page::FamilySet wanted;
  for (const Family& family : Families()) {
    const auto id = static_cast<std::size_t>(family.id);
    wanted.set(id, IsWanted(selection, family.name, family.type));
  }
  return wanted;
}

}  // namespace

Page::Page(std::vector<Board::Entry> targets, const PageSelection& selection)
    : format_(selection.format), families_(FamiliesOf(selection)), targets_(std::move(targets)) {
  std::vector<const Family*> families;
  for (const Family& family : Families()) {
    if (families_.test(static_cast<std::size_t>(family.id))) families.push_back(&family);
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
        AppendHeader(text, family->name, family->help, family->type, format_);
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
  if (format_ == ExpositionFormat::kOpenMetrics) text += kEnd;
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
  const Page::FamilySet families = FamiliesOf(selection);
  const std::lock_guard one_builder(building_);
  {
    const std::lock_guard lock(mutex_);
    if (generation_ == board_.generation()) {
      for (const auto* const pages : {&whole_, &chosen_}) {
        const auto found = std::find_if(pages->begin(), pages->end(), [&](const auto& page) {
          return page->format() == selection.format && page->families() == families;
        });
        if (found != pages->end()) return *found;
      }
    }
  }
  Board::View view = board_.Get();
  auto page = std::make_shared<const Page>(std::move(view.snapshots), selection);
  std::array<std::vector<std::shared_ptr<const Page>>, 2> old;  // let go when the lock has been
  const std::lock_guard lock(mutex_);
  if (generation_ != view.generation) {
    old[0].swap(whole_);
    old[1].swap(chosen_);
  }
  if (families.all()) {
    whole_.push_back(page);
  } else {
    if (chosen_.size() == kMostChosen) chosen_.erase(chosen_.begin());
    chosen_.push_back(page);
  }
  generation_ = view.generation;
  return page;
}

void LatestPage::Forget() {
  std::array<std::vector<std::shared_ptr<const Page>>, 2> old;
  const std::lock_guard lock(mutex_);
  old[0].swap(whole_);
  old[1].swap(chosen_);
}

std::shared_ptr<const Page> TargetPages::Get(const Board::Entry& target,
                                             const PageSelection& selection) {
  auto page = std::make_shared<const Page>(std::vector{target}, selection);
  const std::lock_guard lock(mutex_);
  for (const Kept& kept : pages_) {
    if (kept.target == target && kept.page->IsLike(*page)) return kept.page;
  }
  if (pages_.size() == kMostTargetPages) pages_.pop_front();
  pages_.push_back({.target = target, .page = page});
  return page;
}

void TargetPages::Forget(const Board::Entry& target) {
  const std::lock_guard lock(mutex_);
  std::erase_if(pages_, [&](const Kept& kept) { return kept.target == target; });
}

}  // namespace arkouda_exporter
