#include "exporter/metrics/change_log.h"

#include "common/log.h"
#include "common/quote.h"

namespace arkouda_exporter {
namespace {

using Link = Snapshot::Link;

// Whether every poll ends with a connection that is broken off because of its reply's size: what
// comes and goes with each of them is not news.
bool IsRefusing(const Snapshot& snapshot) {
  return snapshot.failure == PollResult::kOversizedReply;
}

LogLevel NewsUnless(bool is_known, LogLevel level) { return is_known ? LogLevel::kDebug : level; }

void LogLink(std::string_view target, const Snapshot& before, const Snapshot& after) {
  if (after.link == before.link) return;
  switch (after.link) {
    case Link::kUntried:
      break;
    case Link::kConnected:
      Log(NewsUnless(IsRefusing(after), LogLevel::kInfo), "connected to Arkouda",
          {{"target", target}});
      break;
    case Link::kLost:
      Log(NewsUnless(IsRefusing(after), LogLevel::kWarn), "connection lost",
          {{"target", target}, {"reason", after.link_fault}});
      break;
    case Link::kFailing:
      LogWarn("not connected to Arkouda", {{"target", target}, {"reason", after.link_fault}});
      break;
  }
}

// The poll that has ended between the two, if one has.
std::optional<PollResult> EndedPoll(const Snapshot& before, const Snapshot& after) {
  for (std::size_t i = 0; i < kPollResultNames.size(); ++i) {
    if (after.counts.polls[i] != before.counts.polls[i]) return static_cast<PollResult>(i);
  }
  return std::nullopt;
}

void LogPoll(std::string_view target, const Snapshot& before, const Snapshot& after) {
  const auto ended = EndedPoll(before, after);
  if (!ended) return;
  switch (*ended) {
    case PollResult::kSuccess:
      if (before.failure) LogInfo("polls succeed again", {{"target", target}});
      break;
    case PollResult::kOutstanding:
      // Says nothing that the time-out of the poll before has not said or will not say.
      LogDebug("nothing sent, a request is outstanding", {{"target", target}});
      break;
    default:
      Log(NewsUnless(before.failure == after.failure, LogLevel::kWarn), "poll failed",
          {{"target", target}, {"result", Name(*ended)}, {"reason", after.reason}});
  }
}

void LogLateReply(std::string_view target, const Snapshot& before, const Snapshot& after) {
  if (after.counts.late_replies == before.counts.late_replies) return;
  Log(NewsUnless(before.is_answering_late, LogLevel::kInfo), "a late reply has arrived",
      {{"target", target}, {"seconds", after.last_duration}});
}

void LogServerInfo(std::string_view target, const Snapshot& before, const Snapshot& after) {
  if (after.server_info_fault.empty()) return;
  Log(NewsUnless(!before.server_info_fault.empty(), LogLevel::kWarn), "no server information",
      {{"target", target}, {"reason", after.server_info_fault}});
}

void LogSkips(std::string_view target, const Snapshot& before, const Snapshot& after) {
  for (std::size_t i = 0; i < kSkipReasonNames.size(); ++i) {
    if (before.counts.skipped[i] != 0 || after.counts.skipped[i] == 0) continue;
    const auto& [count, first] = after.skips.Of(static_cast<SkipReason>(i));
    LogWarn(
        "entries skipped",
        {{"target", target}, {"reason", kSkipReasonNames[i]}, {"count", count}, {"first", first}});
  }
}

void LogShortenedLabels(std::string_view target, const Snapshot& before, const Snapshot& after,
                        std::size_t max_label_length) {
  if (before.counts.shortened_labels != 0 || after.counts.shortened_labels == 0) return;
  LogWarn("label values shortened", {{"target", target},
                                     {"limit", max_label_length},
                                     {"count", after.shortened_labels},
                                     {"first", after.first_shortened}});
}

}  // namespace

void LogChanges(std::string_view target, const Snapshot& before, const Snapshot& after,
                std::size_t max_label_length) {
  LogLink(target, before, after);
  LogServerInfo(target, before, after);
  LogSkips(target, before, after);
  LogShortenedLabels(target, before, after, max_label_length);
  LogPoll(target, before, after);
  LogLateReply(target, before, after);
}

}  // namespace arkouda_exporter
