#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/arkouda/poll_loop.h"
#include "exporter/arkouda/reply.h"
#include "exporter/arkouda/request.h"
#include "exporter/arkouda/wall_clock.h"
#include "exporter/metrics/samples.h"
#include "exporter/metrics/snapshot.h"
#include "exporter/metrics/translate.h"

namespace arkouda_exporter {

/// Walks one target's replies down the street: bytes to entries, samples, and a snapshot after
/// every outcome. Counts, and logs what changes. Used by the I/O thread, once it runs.
class TargetRecorder : public TargetHandler {
 public:
  struct Settings {
    std::string address;      ///< for log lines, such as "localhost:5556"
    std::string server_name;  ///< the value of arkouda_server_name
    Duration polling_interval{};
    std::string user;        ///< must satisfy Requests::IsSendable
    std::string token;       ///< likewise; the first one, where there is a token file
    std::string token_file;  ///< empty: none
    TimeZone timezone;
    std::size_t max_label_length = 0;  ///< bytes; 0: any
  };
  /// Where snapshots go; called on the thread that reports the outcome.
  using Publish = std::function<void(std::shared_ptr<const Snapshot>)>;

  /// Publishes a first snapshot: nothing known yet, arkouda_up 0.
  TargetRecorder(Settings settings, Publish publish);

  std::string_view RequestBytes(RequestKind kind) override;
  PollResult OnReply(RequestKind kind, std::vector<zmq::message_t> frames) override;
  void OnConnected() override;
  void OnConnectionLost(bool was_connected, std::string_view reason) override;
  void OnPollEnded(PollResult result, const std::optional<PollTimes>& times) override;
  void OnLateReply(const PollTimes& times) override;

 private:
  // What the exporter says of this target itself.
  struct OwnMetrics {
    explicit OwnMetrics(Duration polling_interval);
    prometheus::Registry registry;
    prometheus::Gauge* up;
    std::array<prometheus::Gauge*, kTargetStateNames.size()> states{};
    std::array<prometheus::Counter*, kPollResultNames.size()> polls{};
    prometheus::Histogram* poll_duration;
    prometheus::Gauge* last_success;
    std::array<prometheus::Counter*, kSkipReasonNames.size()> skipped{};
    prometheus::Counter* shortened_labels;
    prometheus::Gauge* reply_bytes;
  };

  // What was left out of one reply. It only counts once the reply has been read to its end.
  class Skips {
   public:
    void Add(SkipReason reason, std::string_view part);
    struct OfReason {
      std::size_t count = 0;
      std::string first;
    };
    const OfReason& Of(SkipReason reason) const {
      return by_reason_[static_cast<std::size_t>(reason)];
    }

   private:
    std::array<OfReason, kSkipReasonNames.size()> by_reason_;
  };

  tl::expected<void, ReplyError> Use(RequestKind kind, std::vector<zmq::message_t> frames);
  tl::expected<void, ReplyError> UseMetrics(ReplyText& reply);
  tl::expected<void, ReplyError> UseServerInfo(ReplyText& reply);
  void CountSkips(const Skips& skips);
  void CountShortenedLabels(const Translator& translator);
  void Succeed(const PollTimes& times);
  void SetState(TargetState state);
  void LogFailure(PollResult result);
  void LogRecovery();
  /// Whether every poll ends with a connection that is broken off because of its reply's size: what
  /// comes and goes with each of them is not news.
  bool IsRefusing() const;
  void PublishSnapshot();

  // Constant after construction.
  const Settings settings_;
  const Publish publish_;

  Requests requests_;
  std::string token_;
  std::string token_error_;
  OwnMetrics own_;
  std::optional<ServerInfo> server_info_;
  // Of an ALL reply that no outcome was reported for yet.
  std::shared_ptr<const Fragments> next_fragments_;
  Samples::Sizes last_sizes_;  // of the last ALL reply that could be used
  std::shared_ptr<const Fragments> fragments_;
  std::optional<PollResult> last_poll_;
  TargetState state_ = TargetState::kStarting;
  std::string failure_reason_;  // the latest

  // What the log has said already: a state is logged when it begins, not once a poll.
  std::optional<PollResult> last_failure_;
  bool has_logged_late_reply_ = false;
  bool has_logged_no_connection_ = false;
  bool has_logged_no_server_info_ = false;
  std::array<bool, kSkipReasonNames.size()> has_logged_skip_{};
  bool has_logged_shortened_label_ = false;
};

}  // namespace arkouda_exporter
