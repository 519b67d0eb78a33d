#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <optional>
#include <string>

namespace arkouda_exporter {

/// What becomes of a password.
enum class PasswordVerdict {
  kRight,
  kWrong,  ///< also of a user whom nobody knows; that takes as long
  kBusy,   ///< too many wait already, or the end has come
};

/// A password to be checked.
struct PasswordJob {
  std::string client;  ///< who sends it, such as its address
  std::string user;
  std::string password;
  std::function<void(PasswordVerdict)> done;
};

/// Passwords that wait to be checked. Nobody has to wait for all that somebody else sends: clients
/// come in turn, and so do the users that one client names. A name counts whether or not there is
/// such a user, since who waits shorter would find out which there are.
class PasswordQueue {
 public:
  explicit PasswordQueue(std::size_t most) : most_(most) {}

  /// Returns who has to go when there are more than `most`: of the client, and of its user, that
  /// has most waiting, the one that came last. That may be the new one.
  std::optional<PasswordJob> Add(PasswordJob job);

  /// Whose turn it is; nullopt: nobody waits.
  std::optional<PasswordJob> TakeNext();

  bool empty() const { return size_ == 0; }

 private:
  struct User {
    std::string name;
    std::deque<PasswordJob> jobs;  // in the order of their coming
  };
  struct Client {
    std::string name;
    std::list<User> users;  // as their turns are
    std::size_t size = 0;   // of all its jobs
  };

  PasswordJob TakeLastOfFullest();
  void DropEmpty();

  const std::size_t most_;
  std::list<Client> clients_;  // as their turns are
  std::size_t size_ = 0;
};

}  // namespace arkouda_exporter
