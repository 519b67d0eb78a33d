#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "exporter/arkouda/poll_outcome.h"
#include "exporter/metrics/exposition.h"

namespace arkouda_exporter {

/// What is known of a target after its last poll, or the loss of its connection.
enum class TargetState {
  kAnswering,
  kBusy,         ///< connection and heartbeats stand, a request is unanswered
  kUnusable,     ///< it answers with nothing that can be used
  kUnreachable,  ///< there is no connection
  kStarting,     ///< the first poll has not ended yet
};

/// The values of `arkouda_exporter_target_state{state}`, in the enumerators' order.
inline constexpr std::array<std::string_view, 5> kTargetStateNames = {
    "answering", "busy", "unusable", "unreachable", "starting"};

/// Upper bounds of the buckets of `arkouda_exporter_poll_duration_seconds`, but for the last one's.
inline constexpr std::array<double, 15> kPollDurationBounds = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};

/// What the exporter counts of a target itself, since it knows the target.
struct TargetCounts {
  std::array<std::uint64_t, kPollResultNames.size()> polls{};
  std::array<std::uint64_t, kSkipReasonNames.size()> skipped{};
  std::uint64_t late_replies = 0;
  std::uint64_t shortened_labels = 0;
  /// Polls by the first bucket that they are in, and one more for those that are in none.
  std::array<std::uint64_t, kPollDurationBounds.size() + 1> poll_durations{};
  double poll_duration_sum = 0;  ///< seconds
};

/// All that is known of one target. Immutable once it is on the board; any thread.
struct Snapshot {
  enum class Link {
    kUntried,
    kConnected,
    kLost,     ///< it was connected
    kFailing,  ///< since then, or ever, no connection could be made
  };

  TargetState state = TargetState::kStarting;
  double state_since = 0;  ///< Unix seconds; 0: it has been in no other state
  Link link = Link::kUntried;
  std::string link_fault;  ///< why it is kLost or kFailing

  std::optional<PollResult> last_poll;  ///< nullopt before the first one has ended
  std::optional<PollResult> failure;    ///< how polls fail, until one succeeds in time
  std::string reason;                   ///< why the last one failed
  bool is_answering_late = false;       ///< since the last reply in time, there was one too late
  std::string server_info_fault;        ///< why the server's information is missing

  TargetCounts counts;
  Skips skips;                       ///< what was left out of the last answer
  std::size_t shortened_labels = 0;  ///< in it
  std::string first_shortened;
  double last_success = 0;   ///< Unix seconds; 0: never
  double last_duration = 0;  ///< seconds, of the last poll that was answered
  std::size_t reply_bytes = 0;

  /// Arkouda's families; nullptr while Arkouda does not answer: a value that nobody vouches for any
  /// more is not repeated.
  std::shared_ptr<const Lines> arkouda;
  std::shared_ptr<const Lines> own;  ///< the exporter's families about this target
};

/// What of a target never changes.
struct TargetSettings {
  std::string labels;  ///< TargetLabels
  Duration polling_interval{};
  std::size_t max_label_length = 0;  ///< bytes; 0: any
};

struct Now {
  TimePoint steady;
  std::chrono::system_clock::time_point wall;
};

/// What is known of a target when nothing is known yet.
Snapshot FirstSnapshot(const TargetSettings& settings);

/// What is known after an event, by what was known before it. The clock is asked when the answer's
/// lines are written, since that is part of how long a poll takes, and when the state is another.
Snapshot Next(const Snapshot& before, TargetEvent event, const TargetSettings& settings,
              const std::function<Now()>& clock);

}  // namespace arkouda_exporter
