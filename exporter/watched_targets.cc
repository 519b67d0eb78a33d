#include "exporter/watched_targets.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include "exporter/metrics/change_log.h"
#include "exporter/metrics/exposition.h"
#include "exporter/metrics/snapshot.h"

namespace arkouda_exporter {
namespace {

// How long a target is polled after the last probe of it.
constexpr std::chrono::minutes kProbedFor(5);

// A target that is configured while others are polled need not wait for its turn in an interval.
constexpr std::chrono::seconds kSoon(1);

// Nor does anybody want to wait for an interval of an hour after a start.
constexpr std::chrono::minutes kLongestSpread(1);

constexpr std::chrono::milliseconds kABit(1);

Now ReadClocks() {
  return {.steady = std::chrono::steady_clock::now(), .wall = std::chrono::system_clock::now()};
}

}  // namespace

// Takes what happens to a target down the street, to what is known of it. Of the loop's thread.
class WatchedTargets::Recorder {
 public:
  Recorder(const Settings& settings, const Target& target, Board& board)
      : address_(target.address.ToString()),
        settings_({.labels = TargetLabels(target.server_name, target.labels),
                   .polling_interval = settings.arkouda.polling_interval,
                   .max_label_length = settings.metrics.max_label_length}),
        board_(board) {}

  void Start() {
    latest_ = std::make_shared<const Snapshot>(FirstSnapshot(settings_));
    board_.Set(address_, latest_);
  }
  void Record(TargetEvent event) {
    auto next =
        std::make_shared<const Snapshot>(Next(*latest_, std::move(event), settings_, &ReadClocks));
    LogChanges(address_, *latest_, *next, settings_.max_label_length);
    latest_ = std::move(next);
    board_.Set(address_, latest_);
  }
  void End() { board_.Remove(address_); }

  bool HasPolled() const { return latest_->last_poll.has_value(); }

 private:
  const std::string address_;
  const TargetSettings settings_;
  Board& board_;
  std::shared_ptr<const Snapshot> latest_;
};

WatchedTargets::WatchedTargets(const Settings& settings, Rhythm rhythm, std::size_t most)
    : settings_(settings),
      rhythm_(rhythm),
      most_(most),
      page_(board_),
      loop_({.time_zone = settings.arkouda.timezone, .most_targets = most},
            RequestSource(settings.arkouda.user, settings.arkouda.token_file)) {}

void WatchedTargets::Configure(const std::vector<Target>& targets) {
  // Without those that are watched already, in the end.
  std::map<HostPort, const Target*, LessServer> wanted;
  for (const Target& target : targets) wanted.emplace(target.address, &target);
  std::map<HostPort, std::map<std::uint64_t, Tell>, LessServer> waiters;
  std::unique_lock lock(mutex_);
  const auto let_go = [&](WatchedByAddress::iterator it) {
    auto& [address, watched] = *it;
    if (!watched.waiters.empty()) waiters.emplace(address, std::move(watched.waiters));
    loop_.Remove(address);
    return watched_.erase(it);
  };
  for (auto it = watched_.begin(); it != watched_.end();) {
    const auto& [address, watched] = *it;
    const auto found = wanted.find(address);
    const bool is_wanted = found != wanted.end();
    const bool stays =
        watched.is_probed ? !is_wanted : is_wanted && *found->second == watched.target;
    if (stays) {
      wanted.erase(address);
      ++it;
    } else {
      it = let_go(it);
    }
  }
  // Those that are configured come first.
  for (auto it = watched_.begin();
       it != watched_.end() && watched_.size() + wanted.size() > most_;) {
    it = it->second.is_probed ? let_go(it) : std::next(it);
  }
  for (const Target& target : targets) {
    if (!wanted.contains(target.address)) continue;
    Add(target, /*is_probed=*/false);
    if (auto node = waiters.extract(target.address)) {
      watched_.at(target.address).waiters = std::move(node.mapped());
    }
  }
  lock.unlock();
  // What they wait for is not watched any more.
  for (const auto& [address, tells] : waiters) {
    for (const auto& [number, tell] : tells) tell(nullptr);
  }
}

std::vector<WatchedTarget> WatchedTargets::All() const {
  std::vector<WatchedTarget> all;
  const std::lock_guard lock(mutex_);
  for (const auto& [address, watched] : watched_) {
    const Board& board = watched.is_probed ? probed_board_ : board_;
    all.push_back({.target = watched.target,
                   .is_probed = watched.is_probed,
                   .snapshot = board.Get(address.ToString())});
  }
  return all;
}

std::vector<Target> WatchedTargets::Configured() const {
  std::vector<Target> targets;
  const std::lock_guard lock(mutex_);
  for (const auto& [address, watched] : watched_) {
    if (!watched.is_probed) targets.push_back(watched.target);
  }
  return targets;
}

std::size_t WatchedTargets::size() const {
  const std::lock_guard lock(mutex_);
  return watched_.size();
}

Board::Entry WatchedTargets::SnapshotOf(const HostPort& address) {
  const std::lock_guard lock(mutex_);
  const auto found = watched_.find(address);
  if (found == watched_.end()) return nullptr;
  Watched& watched = found->second;
  watched.last_probe = ReadClocks().steady;
  return IsPending(watched) ? nullptr : SnapshotOf(watched);
}

bool WatchedTargets::IsPending(const Watched& watched) const {
  if (!watched.is_probed) return false;
  const auto snapshot = probed_board_.Get(watched.target.address.ToString());
  return !snapshot || !snapshot->last_poll;
}

Board::Entry WatchedTargets::SnapshotOf(const Watched& watched) const {
  const Board& board = watched.is_probed ? probed_board_ : board_;
  return board.Get(watched.target.address.ToString());
}

bool WatchedTargets::Probe(const HostPort& address, std::chrono::milliseconds patience, Tell done) {
  Board::Entry snapshot;
  {
    const std::lock_guard lock(mutex_);
    if (!watched_.contains(address)) {
      if (watched_.size() >= most_) return false;
      Add({.address = address, .server_name = address.ToString(), .labels = {}},
          /*is_probed=*/true);
      loop_.CallAfter(kProbedFor, [this, address] { LetGoWhenUnprobed(address); });
    }
    Watched& watched = watched_.at(address);
    watched.last_probe = ReadClocks().steady;
    if (IsPending(watched)) {
      const std::uint64_t waiter = next_waiter_++;
      watched.waiters.emplace(waiter, std::move(done));
      loop_.CallAfter(patience, [this, address, waiter] { TellWaiters(address, waiter); });
      return true;
    }
    snapshot = SnapshotOf(watched);
  }
  done(std::move(snapshot));
  return true;
}

void WatchedTargets::Add(Target target, bool is_probed) {
  const ArkoudaSettings& arkouda = settings_.arkouda;
  Board& board = is_probed ? probed_board_ : board_;
  const auto recorder = std::make_shared<Recorder>(settings_, target, board);
  const HostPort address = target.address;
  const Duration interval = arkouda.polling_interval;
  PolledTarget polled;
  polled.connection = {
      .address = address,
      .max_reply_bytes = arkouda.max_reply_bytes,
      .timing = TimingFor(arkouda.polling_interval),
  };
  polled.session.interval = interval;
  if (rhythm_ == Rhythm::kOnce) {
    polled.session.interval = std::max(interval, Duration(arkouda.timeout)) + kABit;
  }
  polled.session.timeout = arkouda.timeout;
  polled.session.longest_reconnect_pause = polled.connection.timing.longest_reconnect_pause;
  if (rhythm_ == Rhythm::kAtIntervals && !is_probed) {
    polled.first_poll =
        NextFirstPoll(std::min<Duration>(interval, is_settled_ ? Duration(kSoon) : kLongestSpread));
  }
  const auto changed = [this, is_probed, name = address.ToString()] {
    target_pages_.Forget(name);
    if (!is_probed) page_.Forget();  // probed targets are not on it
    on_change_();
  };
  polled.on_added = [recorder, changed] {
    recorder->Start();
    changed();
  };
  polled.on_event = [this, recorder, changed, address](TargetEvent event) {
    recorder->Record(std::move(event));
    changed();
    if (recorder->HasPolled()) TellWaiters(address);
  };
  polled.on_removed = [recorder, changed] {
    recorder->End();
    changed();
  };
  watched_.emplace(address, Watched{.target = std::move(target), .is_probed = is_probed});
  loop_.Add(std::move(polled));
}

Duration WatchedTargets::NextFirstPoll(Duration within) {
  // Multiples of the golden ratio, without their whole part, are spread evenly after any number of
  // them (Knuth, The Art of Computer Programming, 6.4).
  constexpr double kGoldenRatio = 0.61803398874989485;
  double whole = 0;
  const double part = std::modf(static_cast<double>(added_++) * kGoldenRatio, &whole);
  return std::chrono::duration_cast<Duration>(within * part);
}

void WatchedTargets::CallEvery(Duration interval, std::function<void()> what, Duration first) {
  loop_.CallAfter(first, [this, interval, what = std::move(what)] {
    what();
    CallEvery(interval, what, interval);
  });
}

void WatchedTargets::TellWaiters(const HostPort& address, std::optional<std::uint64_t> only) {
  std::map<std::uint64_t, Tell> waiters;
  Board::Entry snapshot;
  {
    const std::lock_guard lock(mutex_);
    const auto found = watched_.find(address);
    if (found == watched_.end() || found->second.waiters.empty()) return;
    snapshot = SnapshotOf(found->second);
    if (only) {
      waiters.insert(found->second.waiters.extract(*only));  // nobody, once it has been told
    } else if (snapshot) {  // else it is configured since, and its own polls are yet to come
      waiters.swap(found->second.waiters);
    }
  }
  for (const auto& [number, tell] : waiters) tell(snapshot);
}

void WatchedTargets::LetGoWhenUnprobed(const HostPort& address) {
  const std::lock_guard lock(mutex_);
  const auto found = watched_.find(address);
  if (found == watched_.end() || !found->second.is_probed) return;
  const Duration left = found->second.last_probe + kProbedFor - ReadClocks().steady;
  if (left > Duration::zero()) {
    loop_.CallAfter(left, [this, address] { LetGoWhenUnprobed(address); });
    return;
  }
  loop_.Remove(address);
  watched_.erase(found);
}

void WatchedTargets::Settle() {
  loop_.Settle();
  const std::lock_guard lock(mutex_);
  is_settled_ = true;
}

}  // namespace arkouda_exporter
