#include "test/simulator/servers.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <system_error>
#include <utility>

namespace arkouda_simulator {
namespace {

using Clock = Server::Clock;

// What a server takes of ZeroMQ: a ROUTER, a PAIR that watches it and the other end of that; as
// many again while a restart closes the old ones.
constexpr std::size_t kSocketsOfAServer = 6;
// One for each of these, the port twice, and some connections.
constexpr std::size_t kDescriptorsOfAServer = 16;
constexpr std::size_t kOtherDescriptors = 100;

// Takes as many descriptors as the hard limit allows.
tl::expected<void, std::string> RaiseDescriptorLimit(std::size_t servers) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t needed = servers * kDescriptorsOfAServer + kOtherDescriptors;
  if (limit.rlim_cur >= needed) return {};
  return tl::unexpected(fmt::format(
      "--servers \"{}\": expected a hard limit of {} descriptors, it is {} (ulimit -Hn)", servers,
      needed, limit.rlim_cur));
}

void Add(Counts& sum, const Counts& counts) {
  sum.requests += counts.requests;
  sum.all += counts.all;
  sum.server_info += counts.server_info;
  sum.other += counts.other;
  sum.most_waiting = std::max(sum.most_waiting, counts.most_waiting);
  sum.connections += counts.connections;
}

}  // namespace

Servers::Servers(Options options, WallClock wall_clock)
    : options_(std::move(options)), wall_clock_(std::move(wall_clock)) {
  context_.set(
      zmq::ctxopt::max_sockets,
      static_cast<int>(kSocketsOfAServer * std::max<std::size_t>(options_.conditions.size(), 100)));
}

tl::expected<void, std::string> Servers::Listen() {
  const std::size_t count = options_.conditions.size();
  if (count > 1) {
    if (auto raised = RaiseDescriptorLimit(count); !raised) return raised;
  }
  const auto& [address, first_port] = options_.listen;
  for (std::size_t i = 0; i < count; ++i) {
    const auto wanted = static_cast<std::uint16_t>(first_port == 0 ? 0 : first_port + i);
    auto port = ReservedPort::Take(address, wanted);
    if (!port) {
      return tl::unexpected(fmt::format("--listen \"{}:{}\": {}", address, wanted, port.error()));
    }
    servers_.emplace_back(
        Server::Shared{
            .options = options_, .wall_clock = wall_clock_, .context = context_, .epoll = epoll_},
        i, *std::move(port));
    servers_.back().Become(options_.conditions[i]);
  }
  return WriteTargetsFile();
}

std::vector<std::string> Servers::endpoints() const {
  std::vector<std::string> endpoints;
  const std::string& address = options_.listen.address;
  for (const Server& server : servers_) {
    endpoints.push_back(
        fmt::format("tcp://{}:{}", address == "*" ? "0.0.0.0" : address, server.port()));
  }
  return endpoints;
}

ExitStatus Servers::Run(const arkouda_exporter::StopSignal& stop, ControlSignals& control) {
  const std::size_t stop_owner = servers_.size();
  const std::size_t control_owner = stop_owner + 1;
  epoll_.Add(stop.fd(), stop_owner);
  epoll_.Add(control.fd(), control_owner);
  while (!end_) {
    const std::vector<std::size_t> owners = epoll_.Wait(TimeToNextTurn());
    TakeTurns(owners);
    const auto has = [&](std::size_t owner) {
      return std::find(owners.begin(), owners.end(), owner) != owners.end();
    };
    if (has(stop_owner) && !end_) end_ = kStopped;
    if (has(control_owner)) HandleSignals(control);
  }
  PrintReport();
  if (end_ == kDied) _exit(kDied);
  return *end_;
}

void Servers::TakeTurns(const std::vector<std::size_t>& owners) {
  const Clock::time_point now = Clock::now();
  const auto turn = [&](Server& server) {
    server.Turn(now);
    if (!end_) end_ = server.end();
  };
  for (const std::size_t owner : owners) {
    if (owner < servers_.size()) turn(servers_[owner]);
  }
  for (Server& server : servers_) {
    if (server.NextTurn() && *server.NextTurn() <= now) turn(server);
  }
}

std::optional<std::chrono::milliseconds> Servers::TimeToNextTurn() const {
  std::optional<Clock::time_point> next;
  for (const Server& server : servers_) {
    if (server.NextTurn() && (!next || *server.NextTurn() < *next)) next = server.NextTurn();
  }
  if (!next) return std::nullopt;
  const Clock::time_point now = Clock::now();
  return std::chrono::ceil<std::chrono::milliseconds>(std::max(*next, now) - now);
}

void Servers::HandleSignals(ControlSignals& control) {
  while (const auto signal = control.Next()) {
    if (*signal == SIGUSR1) PrintReport();
    if (*signal == SIGUSR2) ReadConditions();
    if (*signal == SIGHUP) {
      for (Server& server : servers_) server.Restart();
    }
  }
}

void Servers::ReadConditions() {
  std::ifstream file(options_.conditions_file);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto conditions = ParseConditions(text, servers_.size());
  if (!file || !conditions) {
    fmt::print(stderr, "arkouda-metrics-simulator: --conditions-file \"{}\": {}\n",
               options_.conditions_file, conditions ? "can't be read" : conditions.error());
    return;
  }
  for (std::size_t i = 0; i < servers_.size(); ++i) servers_[i].Become((*conditions)[i]);
  std::cout << "conditions are as the file says" << std::endl;
}

tl::expected<void, std::string> Servers::WriteTargetsFile() const {
  if (options_.targets_file.empty()) return {};
  const std::string unfinished = options_.targets_file + ".new";
  std::ofstream file(unfinished);
  file << "[";
  for (std::size_t i = 0; i < servers_.size(); ++i) {
    file << fmt::format(
        R"({}{{"targets": ["{}:{}"], "labels": {{"arkouda_server_name": "server-{}"}}}})",
        i == 0 ? "\n" : ",\n",
        options_.listen.address == "*" ? "127.0.0.1" : options_.listen.address, servers_[i].port(),
        i);
  }
  file << "\n]\n";
  std::error_code error;
  if (file.flush()) {
    std::filesystem::rename(unfinished, options_.targets_file, error);
  } else {
    error = std::error_code(errno, std::generic_category());
  }
  if (!error) return {};
  return tl::unexpected(
      fmt::format("--targets-file \"{}\": {}", options_.targets_file, error.message()));
}

void Servers::PrintReport() const {
  Counts sum;
  std::vector<std::string> each;
  for (const Server& server : servers_) {
    const Counts& counts = server.counts();
    Add(sum, counts);
    each.push_back(
        fmt::format("[{},{},{}]", counts.requests, counts.most_waiting, counts.connections));
  }
  std::cout << fmt::format(
      R"({{"requests":{},"all":{},"server_info":{},"other":{},"most_waiting":{},"connections":{})",
      sum.requests, sum.all, sum.server_info, sum.other, sum.most_waiting, sum.connections);
  if (servers_.size() > 1) std::cout << fmt::format(R"(,"each":[{}])", fmt::join(each, ","));
  std::cout << "}" << std::endl;
}

}  // namespace arkouda_simulator
