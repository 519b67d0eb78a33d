#include "test/simulator/options.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cxxopts.hpp>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "common/build_info.h"
#include "common/metric.h"
#include "common/quote.h"

namespace arkouda_simulator {
namespace {

constexpr std::string_view kProgram = "arkouda-metrics-simulator";
constexpr std::uint64_t kMostOfAKind = 100'000;
constexpr std::uint64_t kMostServers = 10'000;
// As many entries as fit in a reply of 2 GB, which is more than any client takes.
constexpr std::uint64_t kMostUserEntries = 10'000'000;

struct FormRow {
  std::string_view name;
  Form form;
  std::string_view version;
};
constexpr std::array<FormRow, 3> kForms = {{{"2022", Form::k2022, "v2022.07.28"},
                                            {"2024", Form::k2024, "v2024.04.19"},
                                            {"2026", Form::k2026, "v2026.08.01"}}};

constexpr std::uint64_t kMostMemory = std::uint64_t{1} << 50U;

using Error = tl::unexpected<std::string>;

Error BadFlag(std::string_view flag, std::string_view value, std::string_view reason) {
  return Error(fmt::format("--{} \"{}\": {}", flag, arkouda_exporter::QuoteBytes(value), reason));
}

cxxopts::Options Flags() {
  cxxopts::Options flags{std::string(kProgram),
                         "Answers like the metrics daemon of an Arkouda server.\n"};
  const auto text = [](const std::string& default_value) {
    return cxxopts::value<std::string>()->default_value(default_value);
  };
  const auto none = [] { return cxxopts::value<std::string>(); };
  flags.custom_help("[FLAG...]");
  flags.add_options()  //
      ("listen", "where to bind; port 0: a free one",
       text(fmt::format("127.0.0.1:{}", arkouda_exporter::kDefaultMetricsPort)), "ADDR:PORT")   //
      ("servers", "number of servers, each with a port and counts of its own", text("1"), "N")  //
      ("targets-file", "write where they are, as JSON for Prometheus' file_sd", none(),
       "FILE")                                                                                   //
      ("gone", "the first N servers are gone at first: their ports are closed", text("0"), "N")  //
      ("hanging", "and the next N answer nothing", text("0"), "N")                               //
      ("conditions-file", "what SIGUSR2 makes of the servers, in lines such as: gone 0-499", none(),
       "FILE")                                                                                    //
      ("locales", "number of locales", text("2"), "N")                                            //
      ("commands", "number of commands", text("8"), "N")                                          //
      ("users", "number of users; each runs every command", text("2"), "N")                       //
      ("mem-max", "bytes that a locale may use (default: its host's 256 GiB)", none(), "BYTES")   //
      ("form", "generation of the server: 2022, 2024 or 2026", text("2024"), "YEAR")              //
      ("server-version", "what SERVER_INFO says (default: one of the form)", none(), "TEXT")      //
      ("server-hostname", "what SERVER_INFO says (default: locale 0's)", none(), "TEXT")          //
      ("seed", "of the values; the same seed gives the same values", text("1"), "N")              //
      ("reply-file", "msg of a recorded ALL reply to answer with", none(), "FILE")                //
      ("server-info-file", "msg of a recorded SERVER_INFO reply to answer with", none(), "FILE")  //
      ("fault", "what goes wrong with ALL, or with SERVER_INFO behind server-info:; repeatable",
       cxxopts::value<std::vector<std::string>>(), "KIND[=ARG]")                    //
      ("fault-after", "the first N requests of a kind are spared", text("0"), "N")  //
      ("fault-times", "and M are hit then (default: all)", none(), "M")             //
      ("help", "print this and exit")                                               //
      ("version", "print the version and exit");
  return flags;
}

constexpr std::string_view kSignalsHelp = R"(
Signals: SIGHUP restarts the servers in place, SIGUSR1 prints the report,
SIGUSR2 reads --conditions-file: a line of it is gone or hanging, and the
numbers of servers from 0 on, such as gone 0-499; the others are answering.
SIGTERM and SIGINT print the report and exit.
The report is the sum over all servers, of most_waiting the most; of many, each
has its requests, most waiting and connections behind it.
Exit status: 0 after a signal, 2 for a bad flag or a port in use, 66 after a
request that would have halted the real server, 70 by --fault die.
)";

std::string VersionText() {
  const auto info = arkouda_exporter::GetBuildInfo();
  return fmt::format("{} {} ({}, {})\n", kProgram, info.version, info.revision, info.compiler);
}

tl::expected<std::uint64_t, std::string> ReadNumber(const cxxopts::ParseResult& flags,
                                                    const std::string& flag, std::uint64_t least,
                                                    std::uint64_t most) {
  const auto& value = flags[flag].as<std::string>();
  const char* const end = value.data() + value.size();
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || rest != end || number < least || number > most) {
    return BadFlag(flag, value, fmt::format("expected a whole number from {} to {}", least, most));
  }
  return number;
}

tl::expected<Options::Listen, std::string> ReadListen(const cxxopts::ParseResult& flags) {
  const auto& value = flags["listen"].as<std::string>();
  const std::size_t colon = value.rfind(':');
  std::string address = value.substr(0, colon);
  if (address.empty()) address = "127.0.0.1";

  in_addr parsed{};
  const bool is_address = address == "*" || inet_pton(AF_INET, address.c_str(), &parsed) == 1;
  const std::string port = colon == std::string::npos ? "" : value.substr(colon + 1);
  std::uint16_t number = 0;
  const char* const end = port.data() + port.size();
  const auto [rest, error] = std::from_chars(port.data(), end, number);
  if (!is_address || error != std::errc() || rest != end) {
    return BadFlag("listen", value, "expected ADDR:PORT, with an IPv4 address or *");
  }
  return Options::Listen{.address = std::move(address), .port = number};
}

tl::expected<std::vector<Condition>, std::string> ReadConditions(const cxxopts::ParseResult& flags,
                                                                 std::uint16_t first_port) {
  constexpr std::uint64_t kMostPort = 65535;
  const std::uint64_t ports = first_port == 0 ? kMostServers : kMostPort - first_port + 1;
  const auto servers = ReadNumber(flags, "servers", 1, std::min(kMostServers, ports));
  if (!servers) return Error(servers.error());
  const auto gone = ReadNumber(flags, "gone", 0, *servers);
  if (!gone) return Error(gone.error());
  const auto hanging = ReadNumber(flags, "hanging", 0, *servers - *gone);
  if (!hanging) return Error(hanging.error());
  std::vector<Condition> conditions(*gone, Condition::kGone);
  conditions.resize(*gone + *hanging, Condition::kHanging);
  conditions.resize(*servers, Condition::kAnswering);
  return conditions;
}

tl::expected<std::optional<std::string>, std::string> ReadFile(const cxxopts::ParseResult& flags,
                                                               const std::string& flag) {
  if (flags.count(flag) == 0) return std::nullopt;
  const auto& path = flags[flag].as<std::string>();
  std::ifstream file(path, std::ios::binary);
  if (!file) return BadFlag(flag, path, std::generic_category().message(errno));
  std::string text;
  std::array<char, 65536> chunk{};
  do {
    file.read(chunk.data(), chunk.size());
    text.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
  } while (file);
  if (file.bad()) return BadFlag(flag, path, "can't be read");  // such as a directory
  // The msg itself has no line end; a file that was written by an editor has.
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

tl::expected<FaultPlan, std::string> ReadFaults(const cxxopts::ParseResult& flags) {
  FaultPlan plan;
  if (flags.count("fault") != 0) {
    for (const std::string& value : flags["fault"].as<std::vector<std::string>>()) {
      if (const auto added = plan.Add(value); !added) return BadFlag("fault", value, added.error());
    }
  }
  const auto after = ReadNumber(flags, "fault-after", 0, UINT64_MAX);
  if (!after) return Error(after.error());
  std::optional<std::uint64_t> times;
  if (flags.count("fault-times") != 0) {
    const auto number = ReadNumber(flags, "fault-times", 1, UINT64_MAX);
    if (!number) return Error(number.error());
    times = *number;
  }
  plan.Limit(*after, times);
  return plan;
}

tl::expected<Options, std::string> ReadOptions(const cxxopts::ParseResult& flags) {
  Options options;
  if (!flags.unmatched().empty()) {
    return Error(fmt::format("unexpected argument \"{}\"",
                             arkouda_exporter::QuoteBytes(flags.unmatched().front())));
  }
  auto listen = ReadListen(flags);
  if (!listen) return Error(listen.error());
  options.listen = *std::move(listen);

  auto conditions = ReadConditions(flags, options.listen.port);
  if (!conditions) return Error(conditions.error());
  options.conditions = *std::move(conditions);
  if (flags.count("conditions-file") != 0) {
    options.conditions_file = flags["conditions-file"].as<std::string>();
  }
  if (flags.count("targets-file") != 0) {
    options.targets_file = flags["targets-file"].as<std::string>();
  }

  const auto locales = ReadNumber(flags, "locales", 1, kMostOfAKind);
  if (!locales) return Error(locales.error());
  const auto commands = ReadNumber(flags, "commands", 0, kMostOfAKind);
  if (!commands) return Error(commands.error());
  const auto users = ReadNumber(flags, "users", 0, kMostOfAKind);
  if (!users) return Error(users.error());
  if (*commands * *users > kMostUserEntries) {
    return BadFlag("users", std::to_string(*users),
                   fmt::format("times --commands \"{}\" is more than {} entries", *commands,
                               kMostUserEntries));
  }
  options.size = {.locales = *locales, .commands = *commands, .users = *users};
  if (flags.count("mem-max") != 0) {
    const auto mem_max = ReadNumber(flags, "mem-max", 1, kMostMemory);
    if (!mem_max) return Error(mem_max.error());
    options.size.mem_max = static_cast<std::int64_t>(*mem_max);
  }
  const auto seed = ReadNumber(flags, "seed", 0, UINT64_MAX);
  if (!seed) return Error(seed.error());
  options.seed = *seed;

  const auto& form = flags["form"].as<std::string>();
  const auto* const row = std::find_if(kForms.begin(), kForms.end(),
                                       [&](const FormRow& each) { return each.name == form; });
  if (row == kForms.end()) return BadFlag("form", form, "expected 2022, 2024 or 2026");
  options.form = row->form;
  options.server_version = flags.count("server-version") != 0
                               ? flags["server-version"].as<std::string>()
                               : std::string(row->version);
  options.server_hostname = flags.count("server-hostname") != 0
                                ? flags["server-hostname"].as<std::string>()
                                : Workload({.locales = 1, .commands = 0, .users = 0}, 0, row->form)
                                      .Locales(Names::kPlain)[0]
                                      .hostname;

  auto faults = ReadFaults(flags);
  if (!faults) return Error(faults.error());
  options.faults = *std::move(faults);
  auto recorded_all = ReadFile(flags, "reply-file");
  if (!recorded_all) return Error(recorded_all.error());
  options.recorded_all = *std::move(recorded_all);
  auto recorded_server_info = ReadFile(flags, "server-info-file");
  if (!recorded_server_info) return Error(recorded_server_info.error());
  options.recorded_server_info = *std::move(recorded_server_info);

  constexpr std::string_view kConflict =
      "a recorded reply can't be combined with a --fault that alters entries";
  if (options.recorded_all && options.faults.all().AltersEntries()) {
    return BadFlag("reply-file", flags["reply-file"].as<std::string>(), kConflict);
  }
  if (options.recorded_server_info && options.faults.server_info().AltersEntries()) {
    return BadFlag("server-info-file", flags["server-info-file"].as<std::string>(), kConflict);
  }
  return options;
}

}  // namespace

tl::expected<CommandLine, std::string> ReadCommandLine(int argc, const char* const* argv) {
  cxxopts::Options flags = Flags();
  try {
    const cxxopts::ParseResult parsed = flags.parse(argc, argv);
    CommandLine line;
    if (parsed.count("help") != 0) {
      line.text =
          fmt::format("{}\nKinds of faults:\n{}{}", flags.help(), FaultPlan::Help(), kSignalsHelp);
      return line;
    }
    if (parsed.count("version") != 0) {
      line.text = VersionText();
      return line;
    }
    auto options = ReadOptions(parsed);
    if (!options) return Error(options.error());
    line.options = *std::move(options);
    return line;
  } catch (const cxxopts::exceptions::exception& error) {
    return Error(error.what());
  }
}

}  // namespace arkouda_simulator
