#include "exporter/web/password_check.h"

#include <crypt.h>
#include <fmt/format.h>
#include <sodium.h>

#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

#include "common/log.h"

namespace arkouda_exporter {
namespace {

// Of a tenth of a second each, the last one is answered before a scrape gives up.
constexpr std::size_t kMostWaiting = 64;
// More than these make no difference to bcrypt.
constexpr std::size_t kPasswordBytes = 72;
// How many characters at the end of a bcrypt hash come of the password.
constexpr std::size_t kHashedCharacters = 31;

// Where it stands in a hash, as two digits.
constexpr std::size_t kCostPlace = 4;

int CostOf(std::string_view hash) {
  return 10 * (hash[kCostPlace] - '0') + (hash[kCostPlace + 1] - '0');
}

std::string WithCost(std::string hash, int cost) {
  return hash.replace(kCostPlace, 2, fmt::format("{:02}", cost));
}

bool Matches(const std::string& hash, std::string_view password) {
  const auto state = std::make_unique<crypt_data>();
  // crypt_r takes what is before a zero byte, with which nobody may come in.
  const std::string text(password.substr(0, password.find('\0')));
  const char* const made = crypt_r(text.c_str(), hash.c_str(), state.get());
  const std::string_view result = made == nullptr ? std::string_view() : made;
  if (result.size() != hash.size() || result.size() < kHashedCharacters) return false;
  // What is in front of it is the salt, whose last character can be written in several ways.
  const std::size_t start = hash.size() - kHashedCharacters;
  return sodium_memcmp(result.data() + start, hash.data() + start, kHashedCharacters) == 0 &&
         text.size() == password.size();
}

std::array<unsigned char, 32> RandomKey() {
  std::array<unsigned char, 32> key{};
  if (sodium_init() < 0) throw std::runtime_error("libsodium can't be used");
  randombytes_buf(key.data(), key.size());
  return key;
}

// Calls `done` with what `judge` says. What either of them throws, for want of memory, costs this
// job its answer, and no other one.
template <typename Judge>
void Answer(const PasswordJob& job, Judge judge) {
  try {
    job.done(judge(job));
  } catch (const std::exception& error) {
    LogError("a password was not checked", {{"reason", error.what()}});
  }
}

PasswordVerdict SayBusy(const PasswordJob& /*job*/) { return PasswordVerdict::kBusy; }

}  // namespace

PasswordCheck::PasswordCheck()
    : key_(RandomKey()),
      waiting_(kMostWaiting),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

PasswordCheck::~PasswordCheck() {
  thread_.request_stop();
  thread_.join();
  while (const auto job = waiting_.TakeNext()) Answer(*job, SayBusy);
}

void PasswordCheck::SetUsers(std::map<std::string, std::string> users) {
  const std::lock_guard lock(mutex_);
  users_ = {users.begin(), users.end()};
  costliest_hash_.clear();
  for (const auto& [user, hash] : users_) {
    if (costliest_hash_.empty() || CostOf(hash) > CostOf(costliest_hash_)) costliest_hash_ = hash;
  }
  std::erase_if(remembered_, [&](const auto& each) { return !users_.contains(each.first); });
}

bool PasswordCheck::IsRemembered(std::string_view user, std::string_view password) const {
  const std::lock_guard lock(mutex_);
  return IsRememberedLocked(user, password);
}

bool PasswordCheck::IsRememberedLocked(std::string_view user, std::string_view password) const {
  const auto known = remembered_.find(user);
  if (known == remembered_.end()) return false;
  const auto digest = DigestOf(user, password);
  return digest && sodium_memcmp(digest->data(), known->second.data(), digest->size()) == 0;
}

// Of the user, the hash that is the user's now, and the password: each change makes another one.
std::optional<PasswordCheck::Digest> PasswordCheck::DigestOf(std::string_view user,
                                                             std::string_view password) const {
  const auto known = users_.find(user);
  if (known == users_.end()) return std::nullopt;
  std::string text(user);
  text += '\0' + known->second + '\0';  // a hash has no zero byte: no two of these look alike
  text += password.substr(0, kPasswordBytes);
  Digest digest{};
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  crypto_generichash(digest.data(), digest.size(), bytes, text.size(), key_.data(), key_.size());
  sodium_memzero(text.data(), text.size());
  return digest;
}

void PasswordCheck::Check(PasswordJob job) {
  if (job.password.size() > kPasswordBytes) job.password.resize(kPasswordBytes);
  std::optional<PasswordJob> without_place;
  {
    const std::lock_guard lock(mutex_);
    without_place = waiting_.Add(std::move(job));
    wakeup_.notify_one();
  }
  if (without_place) Answer(*without_place, SayBusy);
}

void PasswordCheck::Run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (wakeup_.wait(lock, stop, [&] { return !waiting_.empty(); })) {
    if (stop.stop_requested()) return;
    auto job = waiting_.TakeNext();
    lock.unlock();
    Answer(*job, [this](const PasswordJob& each) { return Judge(each); });
    job.reset();  // whoever waits for the answer may come back at once
    lock.lock();
  }
}

// Of the user, or another one where there is no such user.
PasswordCheck::Trial PasswordCheck::TrialOf(const std::string& user) const {
  const std::lock_guard lock(mutex_);
  const auto known = users_.find(user);
  return {.hash = known == users_.end() ? costliest_hash_ : known->second,
          .costliest_hash = costliest_hash_};
}

// Each hash takes twice as long as one whose cost is one less: as long as all before it together.
std::vector<int> PasswordCheck::CostsOfWrong(int cost, int costliest) {
  std::vector<int> costs = {cost};
  for (; cost < costliest; ++cost) costs.push_back(cost);
  return costs;
}

PasswordCheck::Verdict PasswordCheck::Judge(const PasswordJob& job) {
  // Of many that came with the same password, the first made it known.
  if (IsRemembered(job.user, job.password)) return Verdict::kRight;
  const auto [hash, costliest_hash] = TrialOf(job.user);
  if (hash.empty()) return Verdict::kWrong;
  if (!Matches(hash, job.password)) {
    const std::vector<int> costs = CostsOfWrong(CostOf(hash), CostOf(costliest_hash));
    for (std::size_t i = 1; i < costs.size(); ++i) Matches(WithCost(hash, costs[i]), job.password);
    return Verdict::kWrong;
  }
  const std::lock_guard lock(mutex_);
  const auto known = users_.find(job.user);
  // It was another user's, or has changed meanwhile.
  if (known == users_.end() || known->second != hash) return Verdict::kWrong;
  if (const auto digest = DigestOf(job.user, job.password)) {
    remembered_.insert_or_assign(job.user, *digest);
  }
  return Verdict::kRight;
}

}  // namespace arkouda_exporter
