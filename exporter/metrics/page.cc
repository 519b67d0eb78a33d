#include "exporter/metrics/page.h"

#include <algorithm>
#include <utility>

#include "exporter/metrics/exposition.h"

namespace arkouda_exporter {
namespace {

// Below this, copying costs less than another part on the way to the socket.
constexpr std::size_t kSmallFragment = 16 << 10;

}  // namespace

std::string Page::Text() const {
  std::string text;
  for (const auto& part : parts) text += *part;
  return text;
}

Page AssemblePage(std::span<const std::shared_ptr<const Snapshot>> targets) {
  Page page;
  std::string text;  // what comes after the last part
  const auto end_part = [&] {
    if (text.empty()) return;
    page.parts.push_back(std::make_shared<const std::string>(std::exchange(text, {})));
  };
  for (const Family& family : Families()) {
    bool has_header = false;
    for (const auto& target : targets) {
      if (!target->fragments) continue;
      const std::string& fragment = (*target->fragments)[static_cast<std::size_t>(family.id)];
      if (fragment.empty()) continue;
      if (!has_header) AppendHeader(text, family.name, family.help, "gauge");
      has_header = true;
      if (fragment.size() < kSmallFragment) {
        text += fragment;
        continue;
      }
      end_part();
      page.parts.emplace_back(target->fragments, &fragment);
    }
  }
  // All targets have the same own families in the same order.
  const std::size_t own_families = targets.empty() ? 0 : targets.front()->own_families.size();
  std::vector<FamilyPart> parts(targets.size());
  for (std::size_t i = 0; i < own_families; ++i) {
    std::transform(targets.begin(), targets.end(), parts.begin(), [i](const auto& target) {
      return FamilyPart{.family = &target->own_families[i], .server_name = target->server_name};
    });
    AppendFamily(text, parts);
  }
  for (const auto& target : targets) {
    if (target->last_poll) page.last_poll = Name(*target->last_poll);
  }
  end_part();
  return page;
}

}  // namespace arkouda_exporter
