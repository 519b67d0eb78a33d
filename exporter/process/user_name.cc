#include "exporter/process/user_name.h"

#include <pwd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

#include "common/quote.h"

namespace arkouda_exporter {

std::string UserName(uid_t user) {
  constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
  std::vector<char> buffer(1024);
  passwd entry{};
  passwd* found = nullptr;
  while (getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found) == ERANGE &&
         buffer.size() < kMostBytes) {
    buffer.resize(buffer.size() * 2);
  }
  // Any other failure leaves nothing found.
  return found != nullptr && IsUtf8(found->pw_name) ? found->pw_name : std::to_string(user);
}

}  // namespace arkouda_exporter
