#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "exporter/page.h"
#include "exporter/target_recorder.h"
#include "test/unit/envelope.h"

namespace arkouda_exporter::testing {

/// A recorder whose snapshots become pages, as in the exporter, and whose replies come by hand.
class RecordedTarget {
 public:
  explicit RecordedTarget(std::string token_file = "")
      : recorder_({.address = "host:5556",
                   .server_name = "arkouda-metrics",
                   .user = "me",
                   .token = "first",
                   .token_file = std::move(token_file),
                   .timezone = TimeZone::Named("UTC").value()},
                  [this](std::shared_ptr<const Snapshot> snapshot) {
                    const std::array targets = {std::move(snapshot)};
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
  const std::string& page() const { return page_; }
  bool Has(std::string_view line) const {
    return ("\n" + page_).find("\n" + std::string(line) + "\n") != std::string::npos;
  }

 private:
  std::string page_;
  TargetRecorder recorder_;
};

}  // namespace arkouda_exporter::testing
