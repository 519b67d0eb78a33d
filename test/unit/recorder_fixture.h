#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/metrics/page.h"
#include "exporter/target_recorder.h"
#include "test/unit/envelope.h"

namespace arkouda_exporter::testing {

/// A recorder whose snapshots become pages, as in the exporter, and whose replies come by hand.
class RecordedTarget {
 public:
  explicit RecordedTarget(std::string token_file = "", std::string server_name = "arkouda-metrics")
      : recorder_({.address = "host:5556",
                   .server_name = std::move(server_name),
                   .polling_interval = std::chrono::seconds(5),
                   .user = "me",
                   .token = "first",
                   .token_file = std::move(token_file),
                   .timezone = TimeZone::Named("UTC").value(),
                   .max_label_length = 1024},
                  [this](std::shared_ptr<const Snapshot> snapshot) {
                    snapshot_ = std::move(snapshot);
                    const std::array targets = {snapshot_};
                    page_ = AssemblePage(targets).Text();
                  }) {}

  PollResult ReplyFrames(RequestKind kind, const std::vector<std::string>& frames) {
    std::vector<zmq::message_t> messages;
    for (const std::string& frame : frames) messages.emplace_back(frame.data(), frame.size());
    return recorder_.OnReply(kind, std::move(messages));
  }
  PollResult Reply(RequestKind kind, std::string_view msg) {
    return ReplyFrames(kind, {Envelope(msg)});
  }

  /// A whole poll answered with `msg`; returns how it ended.
  PollResult Poll(std::string_view msg) {
    const PollResult result = Reply(RequestKind::kAll, msg);
    recorder_.OnPollEnded(result, Times());
    return result;
  }

  static TargetHandler::PollTimes Times() {
    return {.duration = std::chrono::milliseconds(3),
            .now = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'001))};
  }

  TargetRecorder& recorder() { return recorder_; }
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  const std::string& page() const { return page_; }
  bool Has(std::string_view line) const {
    return ("\n" + page_).find("\n" + std::string(line) + "\n") != std::string::npos;
  }
  /// Whether it has this sample of the exporter's own about the target; `label`: `name="value"`.
  bool HasOwn(std::string_view family, std::string_view label, std::string_view value) const {
    std::string line(family);
    line += "{arkouda_server_name=\"arkouda-metrics\"";
    if (!label.empty()) line.append(",").append(label);
    return Has(line.append("} ").append(value));
  }

 private:
  std::shared_ptr<const Snapshot> snapshot_;
  std::string page_;
  TargetRecorder recorder_;
};

}  // namespace arkouda_exporter::testing
