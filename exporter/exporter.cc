#include "exporter/exporter.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include "common/log.h"
#include "exporter/arkouda/token_file.h"
#include "exporter/metrics/change_log.h"
#include "exporter/metrics/exposition.h"
#include "exporter/metrics/process_metrics.h"
#include "exporter/process/resources.h"
#include "exporter/process/stoppable.h"

namespace arkouda_exporter {
namespace {

using std::chrono::milliseconds;

Now ReadClocks() {
  return {.steady = std::chrono::steady_clock::now(), .wall = std::chrono::system_clock::now()};
}

PollLoop::Settings LoopSettings(const Options& options) {
  return {.time_zone = options.timezone.empty() ? TimeZone::Local()
                                                : TimeZone::Named(options.timezone).value()};
}

RequestSource MakeRequestSource(const Options& options) {
  // ParseCommandLine has read the file already; what it has become since is found out later.
  return {options.user,
          options.token_file.empty() ? std::string()
                                     : ReadTokenFile(options.token_file).value_or(std::string()),
          options.token_file};
}

// Takes what happens to a target down the street, to what is known of it.
class Recorder {
 public:
  using Publish = std::function<void(std::shared_ptr<const Snapshot>)>;

  Recorder(const Options& options, Publish publish)
      : address_(options.address.ToString()),
        settings_({.labels = TargetLabels(options.server_name, {}),
                   .polling_interval = options.polling_interval,
                   .max_label_length = options.max_label_length}),
        publish_(std::move(publish)),
        latest_(std::make_shared<const Snapshot>(FirstSnapshot(settings_))) {
    publish_(latest_);
  }

  void Record(TargetEvent event) {
    auto next =
        std::make_shared<const Snapshot>(Next(*latest_, std::move(event), settings_, &ReadClocks));
    LogChanges(address_, *latest_, *next, settings_.max_label_length);
    latest_ = std::move(next);
    publish_(latest_);
  }

 private:
  const std::string address_;
  const TargetSettings settings_;
  const Publish publish_;
  std::shared_ptr<const Snapshot> latest_;
};

PolledTarget MakeTarget(const Options& options, Recorder::Publish publish) {
  const milliseconds interval = options.polling_interval;
  PolledTarget target;
  target.on_event = [recorder = std::make_shared<Recorder>(options, std::move(publish))](
                        TargetEvent event) { recorder->Record(std::move(event)); };
  target.connection = {
      .address = options.address,
      .max_reply_bytes = options.max_reply_bytes,
      .connect_timeout = std::clamp<milliseconds>(interval, milliseconds(250), milliseconds(3000)),
      .handshake_timeout =
          std::clamp<milliseconds>(interval, milliseconds(1000), milliseconds(5000)),
      // Each PING costs about 0.1 ms of CPU, so there is one a poll. The time-out is not so short
      // that a large reply on a slow line, behind which a PONG has to wait, passes for silence.
      .heartbeat_interval =
          std::clamp<milliseconds>(interval, milliseconds(100), milliseconds(15000)),
      .heartbeat_timeout =
          std::clamp<milliseconds>(interval / 2, milliseconds(2000), milliseconds(30000)),
  };
  target.session.interval = interval;
  target.session.timeout = options.timeout;
  target.session.longest_reconnect_pause = std::clamp<Duration>(
      interval / 2, target.session.first_reconnect_pause, target.session.longest_reconnect_pause);
  return target;
}

// How long the loop may take for one turn, which begins at least once a second: the largest reply,
// on a machine that has other things to do.
constexpr std::chrono::seconds kPatience(15);

// The thread of PollLoop::Run, and libzmq's I/O thread and reaper.
constexpr int kPollThreads = 3;
// What libzmq opens for a context and a connection that is watched, and the loop's own.
constexpr int kPollDescriptors = 12;
// The listening socket, and what libmicrohttpd opens beside it.
constexpr int kHttpDescriptors = 3;
// For clients, and for files that are read now and then.
constexpr int kSpareDescriptors = 8;

Resources NeededFor(std::size_t http_servers) {
  const auto servers = static_cast<int>(http_servers);
  return {.threads = kPollThreads + servers,
          .descriptors = kPollDescriptors + servers * kHttpDescriptors + kSpareDescriptors};
}

// How many clients each HTTP server may have at once: what the others need stays free.
unsigned MostConnections(std::size_t http_servers) {
  constexpr int kMost = 512;
  constexpr int kOpenAlready = 8;  // the standard streams, and what waits for signals
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const auto descriptors = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
  const int left = descriptors - NeededFor(http_servers).descriptors - kOpenAlready;
  return static_cast<unsigned>(std::clamp(left / static_cast<int>(http_servers), 4, kMost));
}

void RequireResources(const Resources& needed) {
  if (const auto enough = TryResources(needed); !enough) throw std::runtime_error(enough.error());
}

}  // namespace

tl::expected<std::unique_ptr<Exporter>, std::vector<std::string>> Exporter::Create(
    const Options& options) {
  // Before the sockets are opened, so that they don't fail for want of descriptors; and once it is
  // known how many addresses the names stand for.
  RequireResources(NeededFor(options.listen_addresses.size()));
  std::vector<Listener> listeners;
  std::vector<std::string> errors;
  for (const HostPort& address : options.listen_addresses) {
    if (auto opened = Listener::Open(address)) {
      std::move(opened->begin(), opened->end(), std::back_inserter(listeners));
    } else {
      errors.push_back(options.Describe("web.listen-address") + ": can't listen on " +
                       address.ToString() + ": " + opened.error() +
                       "; expected a free address of this machine, such as :0 for any free port");
    }
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  RequireResources(NeededFor(listeners.size()));
  return std::unique_ptr<Exporter>(new Exporter(options, std::move(listeners)));
}

Exporter::Exporter(const Options& options, std::vector<Listener> listeners)
    : options_(options),
      listeners_(std::move(listeners)),
      page_(board_),
      poll_loop_(LoopSettings(options), MakeRequestSource(options)),
      routes_(MakeRoutes()) {
  poll_loop_.Add(MakeTarget(options, [this, address = options.address.ToString()](
                                         std::shared_ptr<const Snapshot> latest) {
    board_.Set(address, std::move(latest));
    page_.Forget();
  }));
}

Routes Exporter::MakeRoutes() {
  return Routes({
      .telemetry_path = options_.telemetry_path,
      .target = options_.address.ToString(),
      .exposition_content_type = kExpositionContentType,
      .exposition =
          [this, process_info = RenderProcessInfo(1)] {
            const std::shared_ptr<const Page> page = page_.Get();
            std::vector<std::shared_ptr<const std::string>> body;
            for (const std::string_view part : page->parts()) {
              body.push_back(std::make_shared<const std::string>(part));
            }
            body.push_back(
                std::make_shared<const std::string>(process_info + RenderProcessMetrics()));
            return body;
          },
      .last_poll =
          [this] {
            const auto snapshot = board_.Get(options_.address.ToString());
            return std::string(snapshot->last_poll ? Name(*snapshot->last_poll) : "none yet");
          },
      .is_healthy =
          [this] { return std::chrono::steady_clock::now() - poll_loop_.last_turn() <= kPatience; },
  });
}

void Exporter::Start() {
  const unsigned most_connections = MostConnections(listeners_.size());
  for (Listener& listener : listeners_) {
    LogInfo("listening", {{"address", listener.Address()}});
    http_servers_.push_back(std::make_unique<HttpServer>(
        std::move(listener),
        [this](std::string_view method, std::string_view path) {
          return routes_.Answer(method, path);
        },
        most_connections));
  }
  poll_thread_ = std::jthread([this](const std::stop_token& stop) {
    EndOnException("the poll loop has ended: ", [&] { poll_loop_.Run(stop); });
  });
}

void Exporter::ReadFilesAgain() const {
  if (options_.token_file.empty()) {
    LogInfo("there is no file to read again", {{"signal", "SIGHUP"}});
    return;
  }
  // The next request reads it anyhow; whoever sends the signal wants to know now.
  if (const auto token = ReadTokenFile(options_.token_file)) {
    LogInfo("the token file has been read again",
            {{"signal", "SIGHUP"}, {"file", options_.token_file}});
  } else {
    LogWarn("the token file can't be used, going on with the last token",
            {{"signal", "SIGHUP"}, {"file", options_.token_file}, {"reason", token.error()}});
  }
}

void PollOnce(const Options& options, const std::stop_token& stop,
              const std::function<void(const OnePoll&)>& on_outcome) {
  RequireResources({.threads = kPollThreads, .descriptors = kPollDescriptors});
  std::stop_source done;
  const std::stop_callback interrupt(stop, [&done] { done.request_stop(); });
  PolledTarget target = MakeTarget(options, [&](std::shared_ptr<const Snapshot> snapshot) {
    if (!snapshot->last_poll || done.stop_requested()) return;
    const bool is_success = snapshot->last_poll == PollResult::kSuccess;
    on_outcome({.is_success = is_success, .page = Page({std::move(snapshot)}).Text()});
    done.request_stop();
  });
  // No second poll begins before the first one has had all its time.
  target.session.interval = std::max(options.polling_interval, options.timeout) + milliseconds(1);
  PollLoop loop(LoopSettings(options), MakeRequestSource(options));
  loop.Add(std::move(target));
  loop.Run(done.get_token());
}

}  // namespace arkouda_exporter
