#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "exporter/arkouda/poll_loop.h"
#include "exporter/arkouda/target.h"
#include "exporter/metrics/board.h"
#include "exporter/metrics/page.h"
#include "exporter/process/settings.h"

namespace arkouda_exporter {

/// A target that is watched, and what is known of it.
struct WatchedTarget {
  Target target;
  bool is_probed = false;  ///< and not configured
  Board::Entry snapshot;   ///< nullptr before the loop has taken the target in
};

/// The targets that are watched: those that are configured, and those that somebody probes as long
/// as probes keep coming. It takes them into the poll loop and what is known of them onto the page.
/// Any thread, unless it says otherwise.
class WatchedTargets {
 public:
  /// Receives what is known of one target; nullptr when nothing is.
  using Tell = std::function<void(Board::Entry)>;

  enum class Rhythm {
    kAtIntervals,  ///< the first polls spread over an interval
    kOnce,         ///< all at once, and no second poll before the first one has had all its time
  };

  /// At most `most` targets are watched at once. Throws std::exception when the loop can't be made.
  WatchedTargets(const Settings& settings, Rhythm rhythm, std::size_t most);

  /// Makes these the configured targets: those that are new are taken in, those that are missing
  /// are let go, and the others notice nothing. No two have the same address, and there are at most
  /// `most`; probed ones make room for them.
  void Configure(const std::vector<Target>& targets);

  /// All that are watched, by address.
  std::vector<WatchedTarget> All() const;
  /// The configured targets, by address.
  std::vector<Target> Configured() const;
  /// How many are watched, the probed ones among them.
  std::size_t size() const;

  /// The families of all configured targets.
  std::shared_ptr<const Page> Latest(const PageSelection& selection = {}) {
    return page_.Get(selection);
  }
  /// The page of what is known of one target.
  std::shared_ptr<const Page> PageOf(const HostPort& address, const Board::Entry& known,
                                     const PageSelection& selection) {
    return target_pages_.Get(address.ToString(), known, selection);
  }
  /// What is known of each configured target.
  Board::View Known() const { return board_.Get(); }

  /// What is known of one target that is watched, once there is something to know; else nullptr.
  Board::Entry SnapshotOf(const HostPort& address);

  /// Watches a target that is not configured, as long as this is called for it now and then, and
  /// tells what is known of it: at once when something is known, else after its first poll, or when
  /// `patience` is over. `done` is called once, on this thread or the loop's. False when there are
  /// too many targets already; then `done` is not called.
  bool Probe(const HostPort& address, std::chrono::milliseconds patience, Tell done);

  /// Takes in what was configured so far, so that it is on the page; before Run only. What is
  /// configured later is polled within a second, what was before within an interval.
  void Settle();
  /// Polls until `stop` is requested.
  void Run(const std::stop_token& stop) { loop_.Run(stop); }
  /// When the loop last turned. It turns at least once a second.
  TimePoint last_turn() const { return loop_.last_turn(); }

  /// Calls `what` on the thread in Run `first` after its start, and then that often as long as the
  /// loop turns. Any thread.
  void CallEvery(Duration interval, std::function<void()> what, Duration first = {});

  /// Called on the thread in Run after each change of what is known; before Run only.
  void OnChange(std::function<void()> on_change) { on_change_ = std::move(on_change); }

 private:
  class Recorder;
  struct Watched {
    Target target;
    bool is_probed = false;
    TimePoint last_probe = {};
    /// Who waits for the first poll, by a number of their own.
    std::map<std::uint64_t, Tell> waiters = {};
  };
  using WatchedByAddress = std::map<HostPort, Watched, LessServer>;
  // With mutex_ locked.
  /// Whether it is probed and its first poll has not ended.
  bool IsPending(const Watched& watched) const;
  void Add(Target target, bool is_probed);
  /// nullptr before the loop has taken the target in.
  Board::Entry SnapshotOf(const Watched& watched) const;

  /// How long after it is taken in a target's first poll is due: spread evenly over `within`,
  /// however many targets there will be.
  Duration NextFirstPoll(Duration within);
  /// Tells all who wait for this target, or one of them alone.
  void TellWaiters(const HostPort& address, std::optional<std::uint64_t> only = std::nullopt);
  void LetGoWhenUnprobed(const HostPort& address);

  const Settings settings_;
  const Rhythm rhythm_;
  const std::size_t most_;
  Board board_;         // of the configured targets
  Board probed_board_;  // of the probed ones
  LatestPage page_;
  TargetPages target_pages_;
  std::function<void()> on_change_ = [] {};

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  WatchedByAddress watched_;
  std::uint64_t added_ = 0;
  std::uint64_t next_waiter_ = 0;
  bool is_settled_ = false;

  // Goes first: what it still calls is all there.
  PollLoop loop_;
};

}  // namespace arkouda_exporter
