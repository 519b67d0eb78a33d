#include "exporter/target_recorder.h"

#include <new>
#include <utility>

#include "common/log.h"
#include "common/quote.h"
#include "exporter/arkouda/token_file.h"
#include "exporter/metrics/exposition.h"

namespace arkouda_exporter {
namespace {

std::string_view View(const zmq::message_t& frame) {
  return {static_cast<const char*>(frame.data()), frame.size()};
}

std::string_view Name(RequestKind kind) {
  return kind == RequestKind::kAll ? "ALL" : "SERVER_INFO";
}

}  // namespace

TargetRecorder::OwnMetrics::OwnMetrics(Duration polling_interval) {
  const auto gauge = [&](const char* name,
                         const char* help) -> prometheus::Family<prometheus::Gauge>& {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
  };
  const auto counter = [&](const char* name,
                           const char* help) -> prometheus::Family<prometheus::Counter>& {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  };
  // Every value that a label can have is there from the start.
  const auto add_each = [](auto& family, const char* label, const auto& values, auto& out) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      out[i] = &family.Add({{label, std::string(values[i])}});
    }
  };

  up = &gauge("arkouda_up", "Whether the last poll of Arkouda was answered in time.").Add({});
  add_each(gauge("arkouda_exporter_target_state", "1 for the state that Arkouda is in, else 0."),
           "state", kTargetStateNames, states);
  gauge("arkouda_exporter_polling_interval_seconds", "How often Arkouda is polled.")
      .Add({})
      .Set(std::chrono::duration<double>(polling_interval).count());
  last_success = &gauge("arkouda_exporter_last_successful_poll_timestamp_seconds",
                        "When Arkouda last answered, in Unix seconds; 0 before that.")
                      .Add({});
  reply_bytes =
      &gauge("arkouda_exporter_reply_bytes", "Size of Arkouda's last reply with metrics.").Add({});
  add_each(counter("arkouda_exporter_polls_total", "Polls of Arkouda by result."), "result",
           kPollResultNames, polls);
  add_each(counter("arkouda_exporter_skipped_entries_total",
                   "Entries of Arkouda's replies that were left out, by reason."),
           "reason", kSkipReasonNames, skipped);
  shortened_labels = &counter("arkouda_exporter_shortened_labels_total",
                              "Label values that were over the limit and were cut.")
                          .Add({});
  poll_duration =
      &prometheus::BuildHistogram()
           .Name("arkouda_exporter_poll_duration_seconds")
           .Help("Time from a poll's request to its published snapshot, of answered polls.")
           .Register(registry)
           .Add({}, prometheus::Histogram::BucketBoundaries{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                            0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60});
}

TargetRecorder::TargetRecorder(Settings settings, Publish publish)
    : settings_(std::move(settings)),
      publish_(std::move(publish)),
      requests_(settings_.user, settings_.token),
      token_(settings_.token),
      own_(settings_.polling_interval) {
  SetState(TargetState::kStarting);
  PublishSnapshot();
}

std::string_view TargetRecorder::RequestBytes(RequestKind kind) {
  if (!settings_.token_file.empty()) {
    // Reading a few bytes is cheaper than finding out whether they changed, and a Kubernetes Secret
    // changes by a link that is turned, which modification times don't tell.
    const auto token = ReadTokenFile(settings_.token_file);
    const std::string error = token ? std::string() : token.error();
    if (error != token_error_) {
      token_error_ = error;
      if (error.empty()) {
        LogInfo("the token file can be read again", {{"file", settings_.token_file}});
      } else {
        LogWarn("the token file can't be used, going on with the last token",
                {{"file", settings_.token_file}, {"reason", error}});
      }
    }
    if (token && *token != token_) {
      token_ = *token;
      requests_ = Requests(settings_.user, token_);
      LogInfo("the token has changed", {{"file", settings_.token_file}});
    }
  }
  LogDebug("sending", {{"request", Name(kind)}});
  return requests_.Bytes(kind);
}

PollResult TargetRecorder::OnReply(RequestKind kind, std::vector<zmq::message_t> frames) {
  const std::size_t bytes = frames.empty() ? 0 : frames.front().size();
  LogDebug("received", {{"request", Name(kind)}, {"bytes", bytes}});
  next_fragments_.reset();
  tl::expected<void, ReplyError> used;
  try {
    used = Use(kind, std::move(frames));
  } catch (const std::bad_alloc&) {
    used = tl::unexpected(OutOfMemory(bytes));
  }
  if (used) return PollResult::kSuccess;
  if (kind == RequestKind::kServerInfo) {
    server_info_.reset();
    const LogLevel level =
        std::exchange(has_logged_no_server_info_, true) ? LogLevel::kDebug : LogLevel::kWarn;
    Log(level, "no server information",
        {{"target", settings_.address}, {"reason", used.error().reason}});
  }
  failure_reason_ = used.error().reason;
  return used.error().result;
}

tl::expected<void, ReplyError> TargetRecorder::Use(RequestKind kind,
                                                   std::vector<zmq::message_t> frames) {
  if (frames.size() != 1) {
    return tl::unexpected(ReplyError{
        .result = PollResult::kInvalidReply,
        .reason = "the reply has " + std::to_string(frames.size()) +
                  " frames where one is expected, the first: " + Excerpt(View(frames.front()))});
  }
  if (kind == RequestKind::kAll) own_.reply_bytes->Set(static_cast<double>(frames.front().size()));
  auto reply = ReplyText::FromEnvelope(View(frames.front()));
  if (!reply) return tl::unexpected(reply.error());
  frames.clear();
  return kind == RequestKind::kAll ? UseMetrics(*reply) : UseServerInfo(*reply);
}

tl::expected<void, ReplyError> TargetRecorder::UseServerInfo(ReplyText& reply) {
  Skips skips;
  const auto skip = [&](SkipReason reason, std::string_view part) { skips.Add(reason, part); };
  auto info = ReadServerInfo(reply, skip);
  if (!info) return tl::unexpected(info.error());
  DropDuplicateLocales(*info, skip);
  CountSkips(skips);
  server_info_ = *std::move(info);
  has_logged_no_server_info_ = false;
  return {};
}

tl::expected<void, ReplyError> TargetRecorder::UseMetrics(ReplyText& reply) {
  Skips skips;
  const auto skip = [&](SkipReason reason, std::string_view part) { skips.Add(reason, part); };
  Translator translator(settings_.max_label_length, last_sizes_);
  const EntryHandlers handlers = {.on_metric =
                                      [&](const Metric& metric) {
                                        const auto reason = translator.Add(metric);
                                        if (reason) skip(*reason, metric.name);
                                      },
                                  .on_skipped = skip};
  if (auto read = ReadMetrics(reply, handlers); !read) return read;

  if (server_info_) translator.Add(*server_info_);
  std::optional<double> timestamp;
  if (const auto& text = translator.first_timestamp()) {
    timestamp = settings_.timezone.ToUnixSeconds(*text);
    if (!timestamp) skip(SkipReason::kBadTimestamp, *text);
  }
  Samples samples = translator.Take();
  last_sizes_ = samples.GetSizes();
  if (timestamp) samples.Add(FamilyId::kReportedTimestamp, {}, *timestamp);
  auto fragments = std::make_shared<Fragments>();
  for (const Family& family : Families()) {
    (*fragments)[static_cast<std::size_t>(family.id)] =
        RenderSamples(family, samples, settings_.server_name);
  }
  next_fragments_ = std::move(fragments);
  CountSkips(skips);
  CountShortenedLabels(translator);
  return {};
}

void TargetRecorder::Skips::Add(SkipReason reason, std::string_view part) {
  OfReason& of_reason = by_reason_[static_cast<std::size_t>(reason)];
  if (of_reason.count++ == 0) of_reason.first = Excerpt(part);
}

void TargetRecorder::CountSkips(const Skips& skips) {
  for (std::size_t i = 0; i < kSkipReasonNames.size(); ++i) {
    const auto& [count, first] = skips.Of(static_cast<SkipReason>(i));
    if (count == 0) continue;
    own_.skipped[i]->Increment(static_cast<double>(count));
    if (std::exchange(has_logged_skip_[i], true)) continue;
    LogWarn("entries skipped", {{"target", settings_.address},
                                {"reason", kSkipReasonNames[i]},
                                {"count", count},
                                {"first", first}});
  }
}

void TargetRecorder::CountShortenedLabels(const Translator& translator) {
  const std::size_t count = translator.shortened_labels();
  if (count == 0) return;
  own_.shortened_labels->Increment(static_cast<double>(count));
  if (std::exchange(has_logged_shortened_label_, true)) return;
  LogWarn("label values shortened", {{"target", settings_.address},
                                     {"limit", settings_.max_label_length},
                                     {"count", count},
                                     {"first", Excerpt(translator.first_shortened())}});
}

void TargetRecorder::OnConnected() {
  server_info_.reset();
  failure_reason_.clear();
  has_logged_no_connection_ = false;
  Log(IsRefusing() ? LogLevel::kDebug : LogLevel::kInfo, "connected to Arkouda",
      {{"target", settings_.address}});
}

void TargetRecorder::OnConnectionLost(bool was_connected, std::string_view reason) {
  failure_reason_ = reason;
  if (was_connected) {
    Log(IsRefusing() ? LogLevel::kDebug : LogLevel::kWarn, "connection lost",
        {{"target", settings_.address}, {"reason", reason}});
    fragments_.reset();
    SetState(TargetState::kUnreachable);
    PublishSnapshot();
  } else if (!std::exchange(has_logged_no_connection_, true)) {
    LogWarn("not connected to Arkouda", {{"target", settings_.address}, {"reason", reason}});
  }
}

void TargetRecorder::OnPollEnded(PollResult result, const std::optional<PollTimes>& times) {
  own_.polls[static_cast<std::size_t>(result)]->Increment();
  last_poll_ = result;
  switch (result) {
    case PollResult::kSuccess:
      LogRecovery();
      Succeed(*times);
      return;
    case PollResult::kOutstanding:
      // Says nothing that the time-out of the poll before has not said or will not say.
      LogDebug("nothing sent, a request is outstanding", {{"target", settings_.address}});
      break;
    default:
      LogFailure(result);
      fragments_.reset();
  }
  SetState(StateAfter(result, state_));
  PublishSnapshot();
}

void TargetRecorder::OnLateReply(const PollTimes& times) {
  const LogLevel level =
      std::exchange(has_logged_late_reply_, true) ? LogLevel::kDebug : LogLevel::kInfo;
  Log(level, "a late reply has arrived",
      {{"target", settings_.address}, {"seconds", times.duration.count()}});
  last_poll_ = PollResult::kSuccess;
  Succeed(times);
}

void TargetRecorder::Succeed(const PollTimes& times) {
  fragments_ = std::exchange(next_fragments_, nullptr);
  SetState(TargetState::kAnswering);
  own_.poll_duration->Observe(times.duration.count());
  own_.last_success->Set(std::chrono::duration<double>(times.now.time_since_epoch()).count());
  PublishSnapshot();
}

void TargetRecorder::SetState(TargetState state) {
  state_ = state;
  for (std::size_t i = 0; i < own_.states.size(); ++i) {
    own_.states[i]->Set(i == static_cast<std::size_t>(state) ? 1 : 0);
  }
  own_.up->Set(state == TargetState::kAnswering ? 1 : 0);
}

void TargetRecorder::LogFailure(PollResult result) {
  std::string_view reason = failure_reason_;
  if (result == PollResult::kTimeout) {
    reason = "no reply within --arkouda.timeout; still waiting for it";
  } else if (reason.empty()) {
    reason = "no connection within --arkouda.timeout; still looking up the name or connecting";
  }
  const LogLevel level = last_failure_ == result ? LogLevel::kDebug : LogLevel::kWarn;
  Log(level, "poll failed",
      {{"target", settings_.address}, {"result", Name(result)}, {"reason", reason}});
  last_failure_ = result;
}

bool TargetRecorder::IsRefusing() const { return last_failure_ == PollResult::kOversizedReply; }

void TargetRecorder::LogRecovery() {
  if (last_failure_) LogInfo("polls succeed again", {{"target", settings_.address}});
  last_failure_.reset();
  has_logged_late_reply_ = false;
}

void TargetRecorder::PublishSnapshot() {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->fragments = fragments_;
  snapshot->server_name = settings_.server_name;
  snapshot->own_families = own_.registry.Collect();
  snapshot->last_poll = last_poll_;
  publish_(std::move(snapshot));
}

}  // namespace arkouda_exporter
