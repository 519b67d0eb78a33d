#include "exporter/overview_page.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>

#include "common/build_info.h"
#include "common/durations.h"
#include "common/metric.h"
#include "exporter/metrics/overview.h"
#include "exporter/web/figures.h"

namespace arkouda_exporter {
namespace {

using Severity = LandingPage::Severity;
using Facts = std::vector<LandingPage::Fact>;

// So many servers are shown in full without being asked for.
constexpr std::size_t kInFull = 4;
constexpr OverviewLimits kFull = {.locales = 16, .names = 8};
constexpr OverviewLimits kLine = {.locales = 1, .names = 0};

Severity SeverityOf(TargetState state) {
  switch (state) {
    case TargetState::kAnswering:
      return Severity::kNone;
    case TargetState::kStarting:
      return Severity::kPending;
    case TargetState::kBusy:
      return Severity::kWarning;
    case TargetState::kUnusable:
    case TargetState::kUnreachable:
      break;
  }
  return Severity::kCritical;
}

// Why it is in its state.
std::string FaultOf(const Snapshot& snapshot) {
  switch (snapshot.state) {
    case TargetState::kAnswering:
      return snapshot.is_answering_late ? "answers after the time-out" : "";
    case TargetState::kStarting:
      return snapshot.link_fault;
    case TargetState::kUnreachable:
      return snapshot.link_fault.empty() ? snapshot.reason : snapshot.link_fault;
    case TargetState::kBusy:
    case TargetState::kUnusable:
      break;
  }
  return snapshot.reason;
}

LandingPage::Server ServerOf(const WatchedTarget& known, const Snapshot& snapshot,
                             const Overview& overview) {
  LandingPage::Server server = {
      .address = known.target.address.ToString(),
      .name = known.target.server_name,
      .state = std::string(kTargetStateNames.at(static_cast<std::size_t>(snapshot.state))),
      .severity = SeverityOf(snapshot.state),
      .fault = FaultOf(snapshot),
      .version = overview.version,
      .number_of_locales = overview.number_of_locales,
      .requests = overview.requests,
  };
  if (snapshot.state_since != 0) server.since = snapshot.state_since;
  if (!overview.locales.rows.empty()) {
    server.fullest_percent = overview.locales.rows.front().used_percent;
  }
  return server;
}

void AddKnown(Facts& facts, std::string name, std::string value) {
  if (!value.empty()) facts.push_back({.name = std::move(name), .value = std::move(value)});
}

void AddCount(Facts& facts, std::string name, double count) {
  if (count != 0) facts.push_back({.name = std::move(name), .value = FormatCount(count)});
}

Facts FactsOf(const WatchedTarget& known, const Overview& overview) {
  Facts facts;
  AddKnown(facts, "Version", overview.version);
  AddKnown(facts, "Host", overview.hostname);
  AddKnown(facts, "Locales", overview.number_of_locales);
  if (overview.requests) AddKnown(facts, "Requests", FormatCount(*overview.requests));
  // Later releases count none, and report 0.
  AddCount(facts, "Errors", overview.errors.value_or(0));
  if (overview.connections) AddKnown(facts, "Clients", FormatCount(*overview.connections));
  for (const auto& [name, value] : known.target.labels) AddKnown(facts, name, value);
  if (known.is_probed) AddKnown(facts, "Watched", "as long as it is probed");
  return facts;
}

// A metric's word, such as "error_reply", as people write it.
std::string InWords(std::string_view name) {
  std::string words(name);
  std::replace(words.begin(), words.end(), '_', ' ');
  words.front() = static_cast<char>(words.front() - 'a' + 'A');
  return words;
}

Facts PollsOf(const Snapshot& snapshot) {
  Facts facts;
  if (snapshot.last_success != 0) {
    AddKnown(facts, "Last answer", FormatTime(snapshot.last_success));
    AddKnown(facts, "Took", FormatSeconds(snapshot.last_duration));
    AddKnown(facts, "Reply", FormatBytes(static_cast<double>(snapshot.reply_bytes)));
  }
  for (std::size_t i = 0; i < kPollResultNames.size(); ++i) {
    AddCount(facts, InWords(kPollResultNames.at(i)),
             static_cast<double>(snapshot.counts.polls.at(i)));
  }
  AddCount(facts, "Late replies", static_cast<double>(snapshot.counts.late_replies));
  const auto& skipped = snapshot.counts.skipped;
  AddCount(facts, "Skipped entries",
           static_cast<double>(std::accumulate(skipped.begin(), skipped.end(), std::uint64_t{0})));
  AddCount(facts, "Shortened names", static_cast<double>(snapshot.counts.shortened_labels));
  if (snapshot.arkouda) AddKnown(facts, "No server information", snapshot.server_info_fault);
  if (snapshot.state == TargetState::kAnswering && !snapshot.reason.empty()) {
    AddKnown(facts, "Last error", snapshot.reason + "; before " + FormatTime(snapshot.state_since));
  }
  return facts;
}

LandingPage::Details DetailsOf(const WatchedTarget& known, const Snapshot& snapshot) {
  Overview overview = OverviewOf(snapshot, kFull);
  LandingPage::Details details = {.server = ServerOf(known, snapshot, overview),
                                  .facts = FactsOf(known, overview),
                                  .polls = PollsOf(snapshot)};
  details.locales = std::move(overview.locales);
  details.commands = std::move(overview.commands);
  details.users = std::move(overview.users);
  return details;
}

Facts BuildAndSettings(const Settings& settings) {
  const BuildInfo build = GetBuildInfo();
  Facts facts;
  AddKnown(facts, "Version",
           std::string(build.version) + " (revision " + std::string(build.revision) + ")");
  AddKnown(facts, "Compiler", std::string(build.compiler));
  AddKnown(facts, "Polling interval", FormatDuration(settings.arkouda.polling_interval));
  AddKnown(facts, "Time-out of a poll", FormatDuration(settings.arkouda.timeout));
  if (settings.web.takes_systemd_sockets) {
    AddKnown(facts, "Listens on", "sockets of systemd");
  } else {
    for (const HostPort& address : settings.web.listen_addresses) {
      AddKnown(facts, "Listens on", address.ToString());
    }
  }
  AddKnown(facts, "Web configuration", settings.web.config_file.value_or(""));
  AddKnown(facts, "Asks as user", settings.arkouda.user);
  AddKnown(facts, "Token from file",
           settings.arkouda.token_file ? settings.arkouda.token_file->path : "");
  for (const TargetsPattern& pattern : settings.arkouda.targets_files) {
    AddKnown(facts, "Targets file", pattern.path);
  }
  AddKnown(facts, "Largest reply",
           FormatBytes(static_cast<double>(settings.arkouda.max_reply_bytes)));
  AddCount(facts, "Patterns that allow probes",
           static_cast<double>(settings.web.probe_allow.size()));
  return facts;
}

}  // namespace

LandingPage OverviewPage(const Request& request, const Settings& settings,
                         const std::vector<WatchedTarget>& targets,
                         std::chrono::system_clock::time_point now) {
  LandingPage page = {
      .title = "Arkouda Exporter",
      .view = LandingPage::View::Of(request),
      .now = std::chrono::duration<double>(now.time_since_epoch()).count(),
      .refresh = std::chrono::ceil<std::chrono::seconds>(settings.arkouda.polling_interval),
      .facts = BuildAndSettings(settings),
  };
  const Snapshot unknown;
  for (const WatchedTarget& known : targets) {
    const Snapshot& snapshot = known.snapshot ? *known.snapshot : unknown;
    const bool is_asked_for = page.view.target == known.target.address.ToString();
    if (is_asked_for || (!page.view.target && targets.size() <= kInFull)) {
      page.details.push_back(DetailsOf(known, snapshot));
      if (!page.view.target) page.servers.push_back(page.details.back().server);
    } else if (!page.view.target) {
      page.servers.push_back(ServerOf(known, snapshot, OverviewOf(snapshot, kLine)));
    }
  }
  SortWorstFirst(page);
  return page;
}

}  // namespace arkouda_exporter
