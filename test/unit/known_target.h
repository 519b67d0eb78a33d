#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/arkouda/decode.h"
#include "exporter/metrics/change_log.h"
#include "exporter/metrics/page.h"
#include "exporter/metrics/snapshot.h"
#include "test/unit/envelope.h"

namespace arkouda_exporter::testing {

/// What is known of a target whose replies and mishaps come by hand, as its page and its log.
class KnownTarget {
 public:
  explicit KnownTarget(std::string_view server_name = "arkouda-metrics")
      : settings_({.labels = TargetLabels(server_name, {}),
                   .polling_interval = std::chrono::seconds(5),
                   .max_label_length = 1024}),
        snapshot_(std::make_shared<const Snapshot>(FirstSnapshot(settings_))) {}

  void Tell(TargetEvent event) {
    const auto clock = [this] {
      return Now{.steady = TimePoint(std::chrono::milliseconds(1'003)),
                 .wall = std::chrono::system_clock::time_point(wall_)};
    };
    auto next =
        std::make_shared<const Snapshot>(Next(*snapshot_, std::move(event), settings_, clock));
    LogChanges("host:5556", *snapshot_, *next, settings_.max_label_length);
    snapshot_ = std::move(next);
  }

  /// Lets the wall clock go on, which shows 1,700,000,001 at first.
  void Wait(std::chrono::seconds time) { wall_ += time; }

  /// A whole poll answered with `msg`; returns how it ended.
  PollResult Poll(std::string_view msg) { return PollFrames({Envelope(msg)}); }
  PollResult PollFrames(const std::vector<std::string>& frames) {
    PollOutcome outcome = OutcomeOf(frames);
    const PollResult result = outcome.result;
    Tell(std::move(outcome));
    return result;
  }
  /// The reply to a poll that had timed out.
  void PollLate(std::string_view msg) {
    PollOutcome outcome = OutcomeOf({Envelope(msg)});
    outcome.is_late = true;
    Tell(std::move(outcome));
  }
  /// A poll that was not answered, or not with metrics.
  void Fail(PollResult result) { Tell(PollOutcome{.result = result, .reason = "why"}); }

  /// Makes `msg` the reply to SERVER_INFO that comes with the next polls; returns whether it can be
  /// used.
  bool Inform(std::string_view msg) {
    auto information = DecodeServerInfo(ToFrames({Envelope(msg)}));
    info_ = information ? std::make_shared<const ServerInfo>(information->info) : nullptr;
    info_skips_ = information ? information->skips : Skips();
    return information.has_value();
  }

  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  std::string page() const { return arkouda_exporter::Page({snapshot_}).Text(); }
  bool Has(std::string_view line) const {
    return ("\n" + page()).find("\n" + std::string(line) + "\n") != std::string::npos;
  }
  /// Whether it has this sample of the exporter's own about the target; `label`: `name="value"`.
  bool HasOwn(std::string_view family, std::string_view label, std::string_view value) const {
    std::string line(family);
    line += "{arkouda_server_name=\"arkouda-metrics\"";
    if (!label.empty()) line.append(",").append(label);
    return Has(line.append("} ").append(value));
  }

 private:
  PollOutcome OutcomeOf(const std::vector<std::string>& frames) const {
    auto metrics = DecodeMetrics(ToFrames(frames), TimeZone::Named("UTC").value(), {});
    PollOutcome outcome{.sent_at = TimePoint(std::chrono::seconds(1)),
                        .reply_bytes = frames.front().size()};
    if (metrics) {
      outcome.answer = Answer{.entries = std::move(metrics->entries),
                              .timestamp = metrics->timestamp,
                              .server_info = info_};
      outcome.skips = std::move(metrics->skips);
      outcome.skips.Add(info_skips_);
    } else {
      outcome.result = metrics.error().result;
      outcome.reason = metrics.error().reason;
    }
    return outcome;
  }

  const TargetSettings settings_;
  std::chrono::seconds wall_{1'700'000'001};
  std::shared_ptr<const Snapshot> snapshot_;
  std::shared_ptr<const ServerInfo> info_;
  Skips info_skips_;
};

}  // namespace arkouda_exporter::testing
