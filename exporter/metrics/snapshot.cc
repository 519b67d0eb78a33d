#include "exporter/metrics/snapshot.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "exporter/metrics/translate.h"

namespace arkouda_exporter {
namespace {

// The state in which a poll that ended like this leaves a target that was in state `before`.
TargetState StateAfter(PollResult result, TargetState before) {
  switch (result) {
    case PollResult::kSuccess:
      return TargetState::kAnswering;
    case PollResult::kOutstanding:
      // Nothing new is known: the time-out of that request has told it, or will.
      return before;
    case PollResult::kTimeout:
      return TargetState::kBusy;
    case PollResult::kUnreachable:
    case PollResult::kDisconnected:
      return TargetState::kUnreachable;
    case PollResult::kErrorReply:
    case PollResult::kInvalidReply:
    case PollResult::kOversizedReply:
    case PollResult::kOutOfMemory:
      break;
  }
  return TargetState::kUnusable;
}

// A reply that is too large costs its connection, and the next poll may come before there is
// another: that is no other failure.
bool IsStillTheSame(const std::optional<PollResult>& failure,
                    const std::optional<PollResult>& last_poll, PollResult result) {
  return failure == PollResult::kOversizedReply && last_poll == failure &&
         result == PollResult::kUnreachable;
}

double UnixSeconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void CountDuration(TargetCounts& counts, double seconds) {
  const auto bucket =
      std::lower_bound(kPollDurationBounds.begin(), kPollDurationBounds.end(), seconds);
  ++counts.poll_durations.at(static_cast<std::size_t>(bucket - kPollDurationBounds.begin()));
  counts.poll_duration_sum += seconds;
}

class OwnLines {
 public:
  OwnLines(const Snapshot& snapshot, const TargetSettings& settings)
      : snapshot_(snapshot), settings_(settings) {}

  std::shared_ptr<const Lines> Render() {
    lines_.text().reserve(kOwnLines * (kOwnLineSize + settings_.labels.size()));
    for (const Family& family : OwnFamilies()) {
      Append(family);
      lines_.End(family.id);
    }
    lines_.text().shrink_to_fit();
    return std::make_shared<const Lines>(std::move(lines_));
  }

 private:
  // For a guess of the size: how many lines there are, and how long one is without the labels.
  static constexpr std::size_t kOwnLines = 50;
  static constexpr std::size_t kOwnLineSize = 85;

  void Append(const Family& family) {
    const TargetCounts& counts = snapshot_.counts;
    switch (family.id) {
      case FamilyId::kPolls:
        AppendEach(family, kPollResultNames, [&](std::size_t i) { return counts.polls[i]; });
        break;
      case FamilyId::kSkippedEntries:
        AppendEach(family, kSkipReasonNames, [&](std::size_t i) { return counts.skipped[i]; });
        break;
      case FamilyId::kShortenedLabels:
        AppendOne(family, static_cast<double>(counts.shortened_labels));
        break;
      case FamilyId::kUp:
        AppendOne(family, snapshot_.state == TargetState::kAnswering ? 1 : 0);
        break;
      case FamilyId::kTargetState:
        AppendEach(family, kTargetStateNames, [&](std::size_t i) {
          return i == static_cast<std::size_t>(snapshot_.state) ? 1 : 0;
        });
        break;
      case FamilyId::kPollingInterval:
        AppendOne(family, std::chrono::duration<double>(settings_.polling_interval).count());
        break;
      case FamilyId::kLastSuccessfulPoll:
        AppendOne(family, snapshot_.last_success);
        break;
      case FamilyId::kReplyBytes:
        AppendOne(family, static_cast<double>(snapshot_.reply_bytes));
        break;
      case FamilyId::kPollDuration:
        AppendPollDurations(family);
        break;
      default:
        break;
    }
  }

  void AppendOne(const Family& family, double value) {
    AppendLine(lines_.text(), family.name, {}, settings_.labels, {}, {}, value);
  }

  template <typename Names, typename ValueOf>
  void AppendEach(const Family& family, const Names& names, const ValueOf& value_of) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      AppendLine(lines_.text(), family.name, {}, settings_.labels, family.labels[0].name, names[i],
                 static_cast<double>(value_of(i)));
    }
  }

  void AppendPollDurations(const Family& family) {
    AppendHistogram(lines_.text(), family.name, settings_.labels,
                    {.bounds = kPollDurationBounds,
                     .counts = snapshot_.counts.poll_durations,
                     .sum = snapshot_.counts.poll_duration_sum});
  }

  const Snapshot& snapshot_;
  const TargetSettings& settings_;
  Lines lines_;
};

// What is known after each kind of event, but for the exporter's own lines.
class Step {
 public:
  Step(Snapshot& after, const TargetSettings& settings, const std::function<Now()>& clock)
      : after_(after), settings_(settings), clock_(clock) {}

  void operator()(const Connected&) const {
    after_.link = Snapshot::Link::kConnected;
    after_.link_fault.clear();
  }

  void operator()(NotConnected& event) const {
    after_.link = event.had_connection ? Snapshot::Link::kLost : Snapshot::Link::kFailing;
    after_.link_fault = std::move(event.reason);
    if (!event.had_connection) return;
    after_.state = TargetState::kUnreachable;
    after_.arkouda.reset();
  }

  void operator()(PollOutcome& outcome) const {
    const PollResult result = outcome.result;
    after_.server_info_fault = std::move(outcome.server_info_fault);
    if (outcome.reply_bytes) after_.reply_bytes = *outcome.reply_bytes;
    after_.skips = std::move(outcome.skips);
    after_.shortened_labels = 0;
    if (outcome.is_late) {
      ++after_.counts.late_replies;
      after_.is_answering_late = true;
    } else {
      ++after_.counts.polls.at(static_cast<std::size_t>(result));
    }
    if (outcome.answer) {
      Use(*std::move(outcome.answer));
      after_.last_duration =
          std::chrono::duration<double>(clock_().steady - *outcome.sent_at).count();
      CountDuration(after_.counts, after_.last_duration);
      after_.last_success = UnixSeconds(clock_().wall);
      if (!outcome.is_late) {
        after_.failure.reset();
        after_.is_answering_late = false;
      }
    } else if (result != PollResult::kOutstanding) {
      after_.reason = std::move(outcome.reason);
      after_.arkouda.reset();
      if (!IsStillTheSame(after_.failure, after_.last_poll, result)) after_.failure = result;
    }
    after_.last_poll = result;
    after_.state = StateAfter(result, after_.state);
    for (std::size_t i = 0; i < kSkipReasonNames.size(); ++i) {
      after_.counts.skipped[i] += after_.skips.Of(static_cast<SkipReason>(i)).count;
    }
    after_.counts.shortened_labels += after_.shortened_labels;
  }

 private:
  void Use(Answer answer) const {
    Translation translation = Translate(std::move(answer), settings_.max_label_length);
    after_.skips.Add(translation.skips);
    after_.shortened_labels = translation.shortened_labels;
    after_.first_shortened = std::move(translation.first_shortened);
    after_.arkouda =
        std::make_shared<const Lines>(RenderSamples(translation.samples, settings_.labels));
  }

  Snapshot& after_;
  const TargetSettings& settings_;
  const std::function<Now()>& clock_;
};

}  // namespace

Snapshot FirstSnapshot(const TargetSettings& settings) {
  Snapshot first;
  first.own = OwnLines(first, settings).Render();
  return first;
}

Snapshot Next(const Snapshot& before, TargetEvent event, const TargetSettings& settings,
              const std::function<Now()>& clock) {
  Snapshot after = before;
  std::visit(Step(after, settings, clock), event);
  if (after.state != before.state) after.state_since = UnixSeconds(clock().wall);
  after.own = OwnLines(after, settings).Render();
  return after;
}

}  // namespace arkouda_exporter
