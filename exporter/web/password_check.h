#pragma once

#include <array>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "exporter/web/password_queue.h"

namespace arkouda_exporter {

/// Tells right passwords from wrong ones by bcrypt hashes, which takes from a tenth of a second to
/// many seconds each. So that is done on a thread of its own, one after the other, clients in turn,
/// and a right password is remembered: not itself, but a hash of it with a key that only this
/// process has. Thread-safe.
class PasswordCheck {
 public:
  using Verdict = PasswordVerdict;

  /// Starts the thread; throws std::runtime_error when it can't be had.
  PasswordCheck();
  /// Waits for the hash that is being made. Who waits is told kBusy.
  ~PasswordCheck();
  PasswordCheck(const PasswordCheck&) = delete;
  PasswordCheck& operator=(const PasswordCheck&) = delete;

  /// Who has which bcrypt hash from now on; well-formed ones. What is being checked is right only
  /// if it still is then.
  void SetUsers(std::map<std::string, std::string> users);

  /// Whether it is a right password that was checked before. Costs microseconds.
  bool IsRemembered(std::string_view user, std::string_view password) const;

  /// The costs of the hashes that are made before a password is said to be wrong, that of the
  /// user's own first. Together they take as long as one of the `costliest`, whatever the user's
  /// is.
  static std::vector<int> CostsOfWrong(int cost, int costliest);

  /// Calls the job's `done` once: with kBusy on the thread of whoever came when there was no place
  /// for both, else on this object's. Where there is not the memory for that it lets go of it
  /// without a call.
  void Check(PasswordJob job);

 private:
  using Digest = std::array<unsigned char, 32>;
  // What a password is tried by; empty where there are no users.
  struct Trial {
    std::string hash;
    std::string costliest_hash;  // of all users
  };
  void Run(const std::stop_token& stop);
  Verdict Judge(const PasswordJob& job);
  std::optional<Digest> DigestOf(std::string_view user, std::string_view password) const;
  bool IsRememberedLocked(std::string_view user, std::string_view password) const;
  Trial TrialOf(const std::string& user) const;

  const Digest key_;
  mutable std::mutex mutex_;  // of all that follows
  std::condition_variable_any wakeup_;
  std::map<std::string, std::string, std::less<>> users_;
  std::string costliest_hash_;
  std::map<std::string, Digest, std::less<>> remembered_;  // at most one a user
  PasswordQueue waiting_;
  std::jthread thread_;
};

}  // namespace arkouda_exporter
