#include "exporter/metrics/label_value.h"

#include <sodium.h>

#include <array>
#include <cassert>

namespace arkouda_exporter {
namespace {

// Any client chooses its own user name, so nobody may find two names with one hash: 128 bits of
// BLAKE2b. The same in every process, or each would make series of its own.
constexpr std::size_t kHashBytes = 16;
static_assert(kHashBytes >= crypto_generichash_BYTES_MIN);
constexpr std::size_t kHashDigits = 2 * kHashBytes;

std::string Hash(std::string_view text) {
  std::array<unsigned char, kHashBytes> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()),
                     text.size(), nullptr, 0);
  std::array<char, kHashDigits + 1> digits{};
  sodium_bin2hex(digits.data(), digits.size(), hash.data(), hash.size());
  return digits.data();
}

}  // namespace

std::string ShortenLabelValue(std::string_view value, std::size_t limit) {
  assert(limit >= kLeastLabelLimit && value.size() > limit);
  // A byte 10xxxxxx is the middle of a character.
  std::size_t end = limit - kHashDigits - 1;
  while (end > 0 && (static_cast<unsigned char>(value[end]) & 0xc0U) == 0x80) --end;
  return std::string(value.substr(0, end)) + "~" + Hash(value);
}

}  // namespace arkouda_exporter
