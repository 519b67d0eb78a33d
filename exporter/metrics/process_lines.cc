#include "exporter/metrics/process_lines.h"

#include <cstddef>
#include <utility>

namespace arkouda_exporter {
namespace {

constexpr std::chrono::milliseconds kFresh(100);

}  // namespace

ProcessLines::ProcessLines(Read read, Clock clock)
    : read_(std::move(read)), clock_(std::move(clock)) {}

std::shared_ptr<const std::string> ProcessLines::Get(const PageSelection& selection) {
  const auto render = [&] {
    std::string text;
    AppendFamilies(text, families_, selection);
    return std::make_shared<const std::string>(std::move(text));
  };
  const std::lock_guard lock(mutex_);
  const auto now = clock_();
  if (!read_at_ || now - *read_at_ >= kFresh) {
    families_ = read_();
    whole_ = {};
    read_at_ = now;
  }
  if (!selection.names.empty()) return render();
  auto& whole = whole_.at(static_cast<std::size_t>(selection.format));
  if (!whole) whole = render();
  return whole;
}

void ProcessLines::Forget() {
  const std::lock_guard lock(mutex_);
  read_at_.reset();
}

}  // namespace arkouda_exporter
