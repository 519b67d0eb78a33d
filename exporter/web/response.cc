#include "exporter/web/response.h"

#include <numeric>
#include <utility>

namespace arkouda_exporter {

Body Body::Of(std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  const std::string_view all = *owner;
  return {.parts = {all}, .owner = std::move(owner)};
}

std::size_t Body::Size() const {
  return std::accumulate(
      parts.begin(), parts.end(), std::size_t{0},
      [](std::size_t size, std::string_view part) { return size + part.size(); });
}

std::string Body::Text() const {
  std::string text;
  text.reserve(Size());
  for (const std::string_view part : parts) text += part;
  return text;
}

Response PlainText(int status, std::string line) {
  return {.status = status, .body = Body::Of(std::move(line) + "\n")};
}

}  // namespace arkouda_exporter
