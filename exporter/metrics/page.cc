#include "exporter/metrics/page.h"

#include <utility>

#include "exporter/metrics/exposition.h"

namespace arkouda_exporter {
namespace {

// Below this, copying a block once costs less than another part on the way to each scraper.
constexpr std::size_t kSmallBlock = 16 << 10;

// What a family's two header lines have beside its name, its help and its type.
constexpr std::size_t kHeaderMarks = 40;

}  // namespace

Page::Page(std::vector<Board::Entry> targets) : targets_(std::move(targets)) {
  const auto block_of = [](const Snapshot& target, FamilyId family) -> std::string_view {
    const bool is_own = static_cast<std::size_t>(family) >= kArkoudaFamilyCount;
    const auto& lines = is_own ? target.own : target.arkouda;
    return lines ? lines->Of(family) : std::string_view();
  };
  // A text that grows step by step would touch three times the memory of a thousand targets'
  // blocks.
  std::size_t size = 0;
  for (const Family& family : Families()) {
    size += family.name.size() * 2 + family.help.size() + kHeaderMarks;
    for (const Board::Entry& target : targets_) {
      const std::size_t block = block_of(*target, family.id).size();
      if (block < kSmallBlock) size += block;
    }
  }
  std::string text;  // what comes after the last part
  text.reserve(size);
  const auto end_text = [&] {
    if (text.empty()) return;
    parts_.emplace_back(texts_.emplace_back(std::exchange(text, {})));
  };
  for (const Family& family : Families()) {
    bool has_header = false;
    for (const Board::Entry& target : targets_) {
      const std::string_view block = block_of(*target, family.id);
      if (block.empty()) continue;
      if (!has_header) AppendHeader(text, family.name, family.help, family.type);
      has_header = true;
      if (block.size() < kSmallBlock) {
        text += block;
      } else {
        end_text();
        parts_.push_back(block);
      }
    }
  }
  end_text();
}

std::string Page::Text() const {
  std::string text;
  for (const std::string_view part : parts_) text += part;
  return text;
}

std::shared_ptr<const Page> LatestPage::Get() {
  const std::lock_guard one_builder(building_);
  {
    const std::lock_guard lock(mutex_);
    if (page_ && generation_ == board_.generation()) return page_;
  }
  Board::View view = board_.Get();
  auto page = std::make_shared<const Page>(std::move(view.snapshots));
  const std::lock_guard lock(mutex_);
  page_ = page;
  generation_ = view.generation;
  return page;
}

void LatestPage::Forget() {
  std::shared_ptr<const Page> old;
  const std::lock_guard lock(mutex_);
  old.swap(page_);
}

}  // namespace arkouda_exporter
