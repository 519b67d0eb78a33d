#include "exporter/page.h"

#include "exporter/exposition.h"

namespace arkouda_exporter {
namespace {

std::size_t SizeOfFragments(std::span<const std::shared_ptr<const Snapshot>> targets) {
  std::size_t size = 0;
  for (const auto& target : targets) {
    if (!target->fragments) continue;
    for (const std::string& fragment : *target->fragments) size += fragment.size();
  }
  return size;
}

}  // namespace

Page AssemblePage(std::span<const std::shared_ptr<const Snapshot>> targets) {
  // Beside the fragments there are headers and the exporter's own families.
  constexpr std::size_t kRest = 16 << 10;
  Page page;
  page.text.reserve(SizeOfFragments(targets) + kRest);
  for (const Family& family : Families()) {
    bool has_header = false;
    for (const auto& target : targets) {
      if (!target->fragments) continue;
      const std::string& fragment = (*target->fragments)[static_cast<std::size_t>(family.id)];
      if (fragment.empty()) continue;
      if (!has_header) AppendHeader(page.text, family.name, family.help, "gauge");
      has_header = true;
      page.text += fragment;
    }
  }
  for (const auto& target : targets) {
    AppendFamilies(page.text, target->own_families);
    if (target->last_poll) page.last_poll = Name(*target->last_poll);
  }
  return page;
}

}  // namespace arkouda_exporter
