#include "exporter/exporter.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "common/log.h"
#include "common/metric.h"
#include "exporter/arkouda/targets_in_force.h"
#include "exporter/arkouda/token_file.h"
#include "exporter/metrics/exposition.h"
#include "exporter/overview_page.h"
#include "exporter/process/resources.h"
#include "exporter/process/stoppable.h"
#include "exporter/process/target_sources.h"
#include "exporter/web/health.h"
#include "exporter/web/landing_page.h"
#include "exporter/web/lifecycle.h"
#include "exporter/web/negotiation.h"
#include "exporter/web/probe.h"
#include "exporter/web/service_discovery.h"

namespace arkouda_exporter {
namespace {

// How long the loop may take for one turn, which begins at least once a second: the largest reply,
// on a machine that has other things to do.
constexpr std::chrono::seconds kPatience(15);

// The thread of PollLoop::Run, libzmq's I/O thread and reaper, and one that looks names up.
constexpr int kPollThreads = 4;
// What libzmq opens for a context, the loop's own, and those of a lookup.
constexpr int kLoopDescriptors = 8;
// What libzmq opens for a connection that is watched.
constexpr int kTargetDescriptors = 4;
// The listening socket, libmicrohttpd's epoll, that of handshakes, and what wakes the thread.
constexpr int kHttpDescriptors = 4;
// One that checks passwords, one that watches the file.
constexpr int kWebConfigThreads = 2;
// What watching and reading the targets files, or the web configuration, takes.
constexpr int kFilesDescriptors = 4;
// For clients, and for files that are read now and then.
constexpr int kSpareDescriptors = 8;
// The standard streams, and what waits for signals.
constexpr std::size_t kOpenAlready = 8;

constexpr std::size_t kMostClients = 512;  // of all HTTP servers together

bool HasFiles(const Settings& settings) { return !settings.arkouda.targets_files.empty(); }

// Whether targets can come that are not there at the start.
bool MayGrow(const Settings& settings) {
  return HasFiles(settings) || !settings.web.probe_allow.empty();
}

Resources NeededFor(const Settings& settings, std::size_t targets, std::size_t http_servers) {
  const auto servers = static_cast<int>(http_servers);
  const int files = HasFiles(settings) ? 1 : 0;
  const int web_configs = settings.web.config_file ? 1 : 0;
  return {.threads = kPollThreads + servers + files + web_configs * kWebConfigThreads,
          .descriptors = kLoopDescriptors + static_cast<int>(targets) * kTargetDescriptors +
                         servers * kHttpDescriptors + (files + web_configs) * kFilesDescriptors +
                         kSpareDescriptors};
}

// How many descriptors are left when all others are open.
std::size_t DescriptorsBeside(std::size_t limit, const Resources& needed) {
  const std::size_t taken = static_cast<std::size_t>(needed.descriptors) + kOpenAlready;
  return limit > taken ? limit - taken : 0;
}

// How many targets there can be: those that are there, and as many more as there are descriptors
// for. A connection that is being closed has its descriptors for another moment, so there is one
// more for each.
std::size_t MostTargets(const Settings& settings, std::size_t at_start, std::size_t http_servers,
                        std::size_t limit) {
  if (!MayGrow(settings)) return at_start;
  const std::size_t left = DescriptorsBeside(limit, NeededFor(settings, 0, http_servers));
  const std::size_t room = left > kMostClients ? left - kMostClients : 0;
  return std::clamp(room / (kTargetDescriptors + 1), at_start, std::max(at_start, kMostTargets));
}

// How many clients each HTTP server may have at once: what the others need stays free.
unsigned MostClients(const Settings& settings, std::size_t targets, std::size_t http_servers,
                     std::size_t limit) {
  const std::size_t left = DescriptorsBeside(limit, NeededFor(settings, targets, http_servers));
  return static_cast<unsigned>(
      std::max<std::size_t>(std::min(left, kMostClients) / http_servers, 4));
}

void RequireResources(const Resources& needed) {
  if (const auto enough = TryResources(needed); !enough) throw std::runtime_error(enough.error());
}

tl::expected<std::vector<Listener>, std::vector<std::string>> OpenListeners(
    const WebSettings& web) {
  if (web.takes_systemd_sockets) {
    auto handed_over = Listener::FromSystemd();
    if (handed_over) return *std::move(handed_over);
    return tl::unexpected(
        std::vector{std::move(handed_over).error() + "; expected a start by a .socket unit"});
  }
  std::vector<Listener> listeners;
  std::vector<std::string> errors;
  for (const HostPort& address : web.listen_addresses) {
    if (auto opened = Listener::Open(address)) {
      std::move(opened->begin(), opened->end(), std::back_inserter(listeners));
    } else {
      errors.push_back("can't listen on " + address.ToString() + ": " + opened.error() +
                       "; expected a free address of this machine, such as :0 for any free port");
    }
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return listeners;
}

TargetsInForce ReadAllTargets(const Settings& settings) {
  TargetsInForce targets =
      ReadTargets(MakeTargetSources(settings), {}, std::chrono::system_clock::now());
  LogChanges({}, targets);
  return targets;
}

std::vector<Target> TargetsOf(const TargetsInForce& in_force) {
  std::vector<Target> targets;
  for (const PlacedTarget& placed : in_force.targets) targets.push_back(placed.target);
  return targets;
}

std::vector<DiscoveredTarget> Discovered(const std::vector<Target>& targets) {
  std::vector<DiscoveredTarget> discovered;
  for (const Target& target : targets) {
    discovered.push_back({.address = target.address.ToString(), .labels = target.labels});
    discovered.back().labels.emplace(kServerNameLabel, target.server_name);
  }
  return discovered;
}

// `process`: what the page begins with; nullptr: nothing.
Response ResponseWith(std::shared_ptr<const Page> page, std::shared_ptr<const std::string> process,
                      bool gzip) {
  struct Sent {
    std::shared_ptr<const Page> page;
    std::shared_ptr<const std::string> process;
    CompressedText::Frame frame;
  };
  const std::string_view beginning = process ? *process : std::string_view();
  auto sent = std::make_shared<Sent>();
  Response response = {
      .content_type = std::string(ContentType(page->shape().format())),
      .headers = {{"Vary", "Accept, Accept-Encoding"}},
  };
  std::vector<std::string_view>& parts = response.body.parts;
  if (gzip) {
    response.headers.emplace("Content-Encoding", "gzip");
    sent->frame = page->Compressed().FrameFor(beginning);
    parts = {sent->frame.before, page->Compressed().blocks(), sent->frame.after};
  } else {
    parts = page->parts();
    if (!beginning.empty()) parts.insert(parts.begin(), beginning);
  }
  sent->page = std::move(page);
  sent->process = std::move(process);
  response.body.owner = std::move(sent);
  return response;
}

}  // namespace

tl::expected<std::unique_ptr<Exporter>, std::vector<std::string>> Exporter::Create(
    const Settings& settings, std::unique_ptr<WebConfigInForce> web_config) {
  TargetsInForce targets = ReadAllTargets(settings);
  const std::size_t count = targets.targets.size();
  // Before the sockets are opened, so that they don't fail for want of descriptors; and once it is
  // known how many addresses the names stand for.
  const std::size_t limit = RaiseDescriptorLimit();
  RequireResources(NeededFor(settings, count, settings.web.listen_addresses.size()));
  auto opened = OpenListeners(settings.web);
  if (!opened) return tl::unexpected(std::move(opened).error());
  std::vector<Listener> listeners = *std::move(opened);
  RequireResources(NeededFor(settings, count, listeners.size()));
  const Room room = {.targets = MostTargets(settings, count, listeners.size(), limit),
                     .clients = MostClients(settings, count, listeners.size(), limit)};
  return std::unique_ptr<Exporter>(new Exporter(settings, std::move(listeners), std::move(targets),
                                                room, std::move(web_config)));
}

Exporter::Exporter(const Settings& settings, std::vector<Listener> listeners,
                   TargetsInForce targets, const Room& room,
                   std::unique_ptr<WebConfigInForce> web_config)
    : settings_(settings),
      listeners_(std::move(listeners)),
      targets_(settings, WatchedTargets::Rhythm::kAtIntervals, room.targets),
      most_clients_(room.clients),
      process_lines_([this] { return ReadOwnFamilies(); }),
      routes_(MakeRoutes()),
      web_config_(std::move(web_config)) {
  Use(targets);
  targets_.Settle();
  if (!HasFiles(settings)) return;
  TargetSources sources = MakeTargetSources(settings);
  sources.most_targets = room.targets;
  files_.emplace(TargetsWatch::Settings{.sources = std::move(sources),
                                        .wall_clock = &std::chrono::system_clock::now},
                 std::move(targets), [this](const TargetsInForce& in_force) { Use(in_force); });
}

void Exporter::Use(const TargetsInForce& in_force) {
  targets_.Configure(TargetsOf(in_force));
  std::vector<TargetsFileState> states;
  for (const TargetsFile& file : in_force.files) {
    states.push_back({.path = file.path, .is_whole = file.IsWhole(), .loaded_at = file.loaded_at});
  }
  {
    const std::lock_guard lock(mutex_);
    file_states_ = std::move(states);
  }
  process_lines_.Forget();
}

std::vector<ProcessFamily> Exporter::ReadOwnFamilies() {
  std::vector<ProcessFamily> families = {BuildInfoFamily()};
  const auto add = [&](std::vector<ProcessFamily> more) {
    std::move(more.begin(), more.end(), std::back_inserter(families));
  };
  {
    const std::lock_guard lock(mutex_);
    add(TargetsFamilies(targets_.size(), file_states_));
  }
  if (web_config_) families.push_back(WebConfigFamily(web_config_->is_whole()));
  add(ReadProcessFamilies());
  return families;
}

std::optional<Response> Exporter::ResponseOf(const HostPort& target, const Board::Entry& snapshot,
                                             const PageWish& wish) {
  if (!snapshot) return std::nullopt;
  return ResponseWith(targets_.PageOf(target, snapshot, wish.selection), nullptr, wish.gzip);
}

Routes Exporter::MakeRoutes() {
  const auto metrics = [this](const Request& request) {
    const PageWish wish = WishOf(request);
    return ResponseWith(targets_.Latest(wish.selection), process_lines_.Get(wish.selection),
                        wish.gzip);
  };
  std::vector<Route> routes = {
      {.path = settings_.web.telemetry_path,
       .about = "the metrics, for Prometheus",
       .handler = AtOnce(metrics)},
      HealthyRoute(
          [this] { return std::chrono::steady_clock::now() - targets_.last_turn() <= kPatience; }),
      ReadyRoute(),
      ReloadRoute(settings_.web.has_lifecycle, [this] { HaveFilesRead("POST /-/reload"); }),
      ServiceDiscoveryRoute([this] { return Discovered(targets_.Configured()); }),
      ProbeRoute({.allowed = settings_.web.probe_allow,
                  .known =
                      [this](const HostPort& target, const PageWish& wish) {
                        return ResponseOf(target, targets_.SnapshotOf(target), wish);
                      },
                  .watch =
                      [this](const HostPort& target, std::chrono::milliseconds patience,
                             const PageWish& wish, const ProbeSources::Done& done) {
                        return targets_.Probe(
                            target, patience,
                            [this, done, target, wish](const Board::Entry& snapshot) {
                              done(ResponseOf(target, snapshot, wish));
                            });
                      }}),
  };
  const auto land = [this, links = LinksTo(routes)](const Request& request) {
    LandingPage page =
        OverviewPage(request, settings_, targets_.All(), std::chrono::system_clock::now());
    page.links = links;
    return LandingPageResponse(page);
  };
  routes.push_back({.path = "/", .handler = AtOnce(land)});
  return Routes(std::move(routes));
}

void Exporter::OnBeat(Duration interval, std::function<void(const std::string& status)> tell) {
  targets_.CallEvery(interval, [this, tell = std::move(tell)] {
    const std::vector<Board::Entry> known = targets_.Known().snapshots;
    const auto answering = std::count_if(known.begin(), known.end(), [](const auto& snapshot) {
      return snapshot->state == TargetState::kAnswering;
    });
    tell(fmt::format("servers: {} watched, {} answering", known.size(), answering));
  });
}

void Exporter::Start() {
  Handler handler = [this](const Request& request, const Respond& respond) {
    routes_.Answer(request, respond);
  };
  HttpServer::Credentials credentials;
  if (web_config_) {
    handler = web_config_->guard().Around(std::move(handler));
    if (web_config_->credentials()) {
      credentials = [this] { return web_config_->credentials(); };
    }
  }
  for (Listener& listener : listeners_) {
    LogInfo("listening", {{"address", listener.Address()}});
    http_servers_.push_back(
        std::make_unique<HttpServer>(std::move(listener), handler, most_clients_, credentials));
  }
  poll_thread_ = std::jthread([this](const std::stop_token& stop) {
    EndOnException("the poll loop has ended: ", [&] { targets_.Run(stop); });
  });
  if (web_config_) {
    web_config_thread_ = std::jthread([this](const std::stop_token& stop) {
      EndOnException("the web configuration is not watched any more: ",
                     [&] { web_config_->Run(stop); });
    });
  }
  if (!files_) return;
  files_thread_ = std::jthread([this](const std::stop_token& stop) {
    EndOnException("targets files are not watched any more: ", [&] { files_->Run(stop); });
  });
}

void Exporter::HaveFilesRead(std::string_view why) const {
  if (files_) {
    LogInfo("reading the targets files again", {{"why", why}});
    files_->RereadNow();
  }
  if (web_config_) {
    LogInfo("reading the web configuration again", {{"why", why}});
    web_config_->RereadNow();
  }
}

void Exporter::ReadFilesAgain(std::string_view why) const {
  HaveFilesRead(why);
  if (!settings_.arkouda.token_file) {
    if (!files_ && !web_config_) LogInfo("there is no file to read again", {{"why", why}});
    return;
  }
  // The next request reads it anyhow; whoever sends the signal wants to know now.
  const std::string& file = settings_.arkouda.token_file->path;
  if (const auto token = ReadTokenFile(file)) {
    LogInfo("the token file has been read again", {{"why", why}, {"file", file}});
  } else {
    LogWarn("the token file can't be used, going on with the last token",
            {{"why", why}, {"file", file}, {"reason", token.error()}});
  }
}

void PollOnce(const Settings& settings, const std::stop_token& stop,
              const std::function<void(const OnePoll&)>& on_outcome) {
  const std::vector<Target> all = TargetsOf(ReadAllTargets(settings));
  if (all.empty()) {
    LogWarn("the targets files name no server");
    on_outcome({});
    return;
  }
  RaiseDescriptorLimit();
  RequireResources(
      {.threads = kPollThreads,
       .descriptors = kLoopDescriptors + static_cast<int>(all.size()) * kTargetDescriptors});
  std::stop_source done;
  const std::stop_callback interrupt(stop, [&done] { done.request_stop(); });
  WatchedTargets targets(settings, WatchedTargets::Rhythm::kOnce, all.size());
  targets.OnChange([&] {
    if (done.stop_requested()) return;
    bool is_success = true;
    for (const Board::Entry& snapshot : targets.Known().snapshots) {
      if (!snapshot->last_poll) return;
      is_success &= snapshot->last_poll == PollResult::kSuccess;
    }
    on_outcome({.is_success = is_success, .page = targets.Latest()->Text()});
    done.request_stop();
  });
  targets.Configure(all);
  targets.Settle();
  targets.Run(done.get_token());
}

}  // namespace arkouda_exporter
