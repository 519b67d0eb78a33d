#include "exporter/web/password_queue.h"

#include <algorithm>
#include <utility>

namespace arkouda_exporter {
namespace {

// The one of that name, or a new one whose turn is the last.
template <typename Each>
typename std::list<Each>::iterator FindOrAdd(std::list<Each>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Each& each) { return each.name == name; });
  if (found != all.end()) return found;
  all.push_back({.name = name});
  return std::prev(all.end());
}

// Of several, the one whose turn is the last.
template <typename Each, typename Size>
typename std::list<Each>::iterator Fullest(std::list<Each>& all, Size size) {
  return std::prev(
      std::max_element(all.rbegin(), all.rend(), [&](const Each& one, const Each& other) {
        return size(one) < size(other);
      }).base());
}

}  // namespace

std::optional<PasswordJob> PasswordQueue::Add(PasswordJob job) {
  DropEmpty();
  const auto client = FindOrAdd(clients_, job.client);
  const auto user = FindOrAdd(client->users, job.user);
  user->jobs.push_back(std::move(job));
  ++client->size;
  if (++size_ <= most_) return std::nullopt;
  return TakeLastOfFullest();
}

PasswordJob PasswordQueue::TakeLastOfFullest() {
  const auto client = Fullest(clients_, [](const Client& each) { return each.size; });
  const auto user = Fullest(client->users, [](const User& each) { return each.jobs.size(); });
  PasswordJob job = std::move(user->jobs.back());
  user->jobs.pop_back();
  --client->size;
  --size_;
  return job;
}

std::optional<PasswordJob> PasswordQueue::TakeNext() {
  DropEmpty();
  if (empty()) return std::nullopt;
  const auto client = clients_.begin();
  const auto user = client->users.begin();
  PasswordJob job = std::move(user->jobs.front());
  user->jobs.pop_front();
  --client->size;
  --size_;
  // Their next turns come after those of the others.
  client->users.splice(client->users.end(), client->users, user);
  clients_.splice(clients_.end(), clients_, client);
  return job;
}

// Those whose jobs are all taken, or whose first found no memory.
void PasswordQueue::DropEmpty() {
  for (Client& client : clients_) {
    client.users.remove_if([](const User& user) { return user.jobs.empty(); });
  }
  clients_.remove_if([](const Client& client) { return client.users.empty(); });
}

}  // namespace arkouda_exporter
