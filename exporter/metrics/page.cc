#include "exporter/metrics/page.h"

#include <utility>

#include "exporter/metrics/exposition.h"

namespace arkouda_exporter {
namespace {

// Below this, copying a block once costs less than another part on the way to each scraper.
constexpr std::size_t kSmallBlock = 16 << 10;

}  // namespace

Page::Page(std::vector<Board::Entry> targets) : targets_(std::move(targets)) {
  std::string text;  // what comes after the last part
  const auto end_text = [&] {
    if (text.empty()) return;
    parts_.emplace_back(texts_.emplace_back(std::exchange(text, {})));
  };
  for (const Family& family : Families()) {
    bool has_header = false;
    for (const Board::Entry& target : targets_) {
      const bool is_own = static_cast<std::size_t>(family.id) >= kArkoudaFamilyCount;
      const auto& lines = is_own ? target->own : target->arkouda;
      if (!lines) continue;
      const std::string_view block = lines->Of(family.id);
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
