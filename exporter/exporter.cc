#include "exporter/exporter.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include "common/build_info.h"
#include "common/log.h"
#include "exporter/arkouda/token_file.h"
#include "exporter/metrics/change_log.h"
#include "exporter/metrics/exposition.h"
#include "exporter/metrics/process_metrics.h"
#include "exporter/process/resources.h"
#include "exporter/process/stoppable.h"
#include "exporter/web/health.h"
#include "exporter/web/landing_page.h"

namespace arkouda_exporter {
namespace {

using std::chrono::milliseconds;

Now ReadClocks() {
  return {.steady = std::chrono::steady_clock::now(), .wall = std::chrono::system_clock::now()};
}

PollLoop::Settings LoopSettings(const ArkoudaSettings& arkouda) {
  return {.time_zone = arkouda.timezone};
}

RequestSource MakeRequestSource(const ArkoudaSettings& arkouda) {
  return {arkouda.user, arkouda.token_file};
}

// Takes what happens to a target down the street, to what is known of it.
class Recorder {
 public:
  using Publish = std::function<void(std::shared_ptr<const Snapshot>)>;

  Recorder(const Settings& settings, Publish publish)
      : address_(settings.arkouda.address.ToString()),
        settings_({.labels = TargetLabels(settings.arkouda.server_name, {}),
                   .polling_interval = settings.arkouda.polling_interval,
                   .max_label_length = settings.metrics.max_label_length}),
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

PolledTarget MakeTarget(const Settings& settings, Recorder::Publish publish) {
  const ArkoudaSettings& arkouda = settings.arkouda;
  PolledTarget target;
  target.on_event = [recorder = std::make_shared<Recorder>(settings, std::move(publish))](
                        TargetEvent event) { recorder->Record(std::move(event)); };
  target.connection = {
      .address = arkouda.address,
      .max_reply_bytes = arkouda.max_reply_bytes,
      .timing = TimingFor(arkouda.polling_interval),
  };
  target.session.interval = arkouda.polling_interval;
  target.session.timeout = arkouda.timeout;
  target.session.longest_reconnect_pause = target.connection.timing.longest_reconnect_pause;
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
    const Settings& settings) {
  // Before the sockets are opened, so that they don't fail for want of descriptors; and once it is
  // known how many addresses the names stand for.
  RequireResources(NeededFor(settings.web.listen_addresses.size()));
  std::vector<Listener> listeners;
  std::vector<std::string> errors;
  for (const HostPort& address : settings.web.listen_addresses) {
    if (auto opened = Listener::Open(address)) {
      std::move(opened->begin(), opened->end(), std::back_inserter(listeners));
    } else {
      errors.push_back("can't listen on " + address.ToString() + ": " + opened.error() +
                       "; expected a free address of this machine, such as :0 for any free port");
    }
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  RequireResources(NeededFor(listeners.size()));
  return std::unique_ptr<Exporter>(new Exporter(settings, std::move(listeners)));
}

Exporter::Exporter(const Settings& settings, std::vector<Listener> listeners)
    : settings_(settings),
      listeners_(std::move(listeners)),
      page_(board_),
      poll_loop_(LoopSettings(settings.arkouda), MakeRequestSource(settings.arkouda)),
      routes_(MakeRoutes()) {
  poll_loop_.Add(MakeTarget(settings, [this, address = settings.arkouda.address.ToString()](
                                          std::shared_ptr<const Snapshot> latest) {
    board_.Set(address, std::move(latest));
    page_.Forget();
  }));
}

Response Exporter::Metrics(const std::string& process_info) {
  struct Scraped {
    std::shared_ptr<const Page> page;
    std::string process;
  };
  auto scraped = std::make_shared<Scraped>(
      Scraped{.page = page_.Get(), .process = process_info + RenderProcessMetrics()});
  const auto& parts = scraped->page->parts();
  Body body{.parts = {parts.begin(), parts.end()}};
  body.parts.emplace_back(scraped->process);
  body.owner = std::move(scraped);
  return {.content_type = kExpositionContentType, .body = std::move(body)};
}

Routes Exporter::MakeRoutes() {
  std::vector<Route> routes = {
      {.path = settings_.web.telemetry_path,
       .about = "the metrics, for Prometheus",
       .handler = AtOnce([this, process_info = RenderProcessInfo(1)](const Request&) {
         return Metrics(process_info);
       })},
      HealthyRoute([this] {
        return std::chrono::steady_clock::now() - poll_loop_.last_turn() <= kPatience;
      }),
      ReadyRoute(),
  };
  const BuildInfo build = GetBuildInfo();
  const std::string address = settings_.arkouda.address.ToString();
  const LandingPage landing_page{.title = "Arkouda Exporter",
                                 .facts = {{.name = "Version",
                                            .value = std::string(build.version) + " (revision " +
                                                     std::string(build.revision) + ")"},
                                           {.name = "Target", .value = address}},
                                 .links = LinksTo(routes)};
  const auto land = [this, address, landing_page](const Request&) {
    const auto snapshot = board_.Get(address);
    LandingPage page = landing_page;
    page.facts.push_back(
        {.name = "Last poll",
         .value = std::string(snapshot->last_poll ? Name(*snapshot->last_poll) : "none yet")});
    return Response{.content_type = "text/html; charset=utf-8",
                    .body = Body::Of(RenderLandingPage(page))};
  };
  routes.push_back({.path = "/", .handler = AtOnce(land)});
  return Routes(std::move(routes));
}

void Exporter::Start() {
  const unsigned most_connections = MostConnections(listeners_.size());
  for (Listener& listener : listeners_) {
    LogInfo("listening", {{"address", listener.Address()}});
    http_servers_.push_back(std::make_unique<HttpServer>(
        std::move(listener),
        [this](const Request& request, const Respond& respond) {
          routes_.Answer(request, respond);
        },
        most_connections));
  }
  poll_thread_ = std::jthread([this](const std::stop_token& stop) {
    EndOnException("the poll loop has ended: ", [&] { poll_loop_.Run(stop); });
  });
}

void Exporter::ReadFilesAgain() const {
  if (!settings_.arkouda.token_file) {
    LogInfo("there is no file to read again", {{"signal", "SIGHUP"}});
    return;
  }
  // The next request reads it anyhow; whoever sends the signal wants to know now.
  const std::string& file = settings_.arkouda.token_file->path;
  if (const auto token = ReadTokenFile(file)) {
    LogInfo("the token file has been read again", {{"signal", "SIGHUP"}, {"file", file}});
  } else {
    LogWarn("the token file can't be used, going on with the last token",
            {{"signal", "SIGHUP"}, {"file", file}, {"reason", token.error()}});
  }
}

void PollOnce(const Settings& settings, const std::stop_token& stop,
              const std::function<void(const OnePoll&)>& on_outcome) {
  RequireResources({.threads = kPollThreads, .descriptors = kPollDescriptors});
  std::stop_source done;
  const std::stop_callback interrupt(stop, [&done] { done.request_stop(); });
  PolledTarget target = MakeTarget(settings, [&](std::shared_ptr<const Snapshot> snapshot) {
    if (!snapshot->last_poll || done.stop_requested()) return;
    const bool is_success = snapshot->last_poll == PollResult::kSuccess;
    on_outcome({.is_success = is_success, .page = Page({std::move(snapshot)}).Text()});
    done.request_stop();
  });
  // No second poll begins before the first one has had all its time.
  const ArkoudaSettings& arkouda = settings.arkouda;
  target.session.interval = std::max(arkouda.polling_interval, arkouda.timeout) + milliseconds(1);
  PollLoop loop(LoopSettings(arkouda), MakeRequestSource(arkouda));
  loop.Add(std::move(target));
  loop.Run(done.get_token());
}

}  // namespace arkouda_exporter
