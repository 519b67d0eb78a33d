#include "test/simulator/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "common/durations.h"

namespace arkouda_simulator {
namespace {

// Two faults of one of the first two groups exclude each other.
enum class Group {
  kConduct,  // what the server does instead of answering, or after
  kFrame,    // what the reply's frames are as a whole
  kEntries,  // what stands in the reply's msg
  kTiming,
};

enum class ArgKind { kNone, kDuration, kBytes };

struct Row {
  std::string_view name;
  FaultKind kind;
  Group group;
  ArgKind arg;
  bool fits_server_info;
  std::string_view help;
};

constexpr std::array<Row, kFaultKinds> kRows = {{
    {"delay", FaultKind::kDelay, Group::kTiming, ArgKind::kDuration, true, "answer late"},
    {"hang", FaultKind::kHang, Group::kConduct, ArgKind::kNone, true,
     "never answer this request nor read another"},
    {"die", FaultKind::kDie, Group::kConduct, ArgKind::kNone, true,
     "print the report and exit with status 70, owing the reply"},
    {"close", FaultKind::kClose, Group::kConduct, ArgKind::kNone, true,
     "restart in place, owing the reply: connections closed, counters at zero"},
    {"restart", FaultKind::kRestart, Group::kConduct, ArgKind::kNone, true,
     "answer, then restart in place"},
    {"truncate", FaultKind::kTruncate, Group::kFrame, ArgKind::kNone, true,
     "half of the reply's bytes"},
    {"oversize", FaultKind::kOversize, Group::kFrame, ArgKind::kBytes, true,
     "a good reply of at least that many bytes"},
    {"empty", FaultKind::kEmpty, Group::kFrame, ArgKind::kNone, true, "a frame of no bytes"},
    {"not-json", FaultKind::kNotJson, Group::kFrame, ArgKind::kNone, true, "an HTML page"},
    {"error", FaultKind::kError, Group::kFrame, ArgKind::kNone, true, "msgType ERROR"},
    {"frames", FaultKind::kFrames, Group::kFrame, ArgKind::kNone, true,
     "a second frame behind the reply's"},
    {"no-msg", FaultKind::kNoMsg, Group::kFrame, ArgKind::kNone, true, "an envelope without msg"},
    {"msg-not-array", FaultKind::kMsgNotArray, Group::kFrame, ArgKind::kNone, true,
     "an object for ALL, an array for SERVER_INFO"},
    {"wrong-types", FaultKind::kWrongTypes, Group::kEntries, ArgKind::kNone, true,
     "bad entries among the good: fields of a wrong type, elements that are not objects"},
    {"missing-field", FaultKind::kMissingField, Group::kEntries, ArgKind::kNone, true,
     "bad entries among the good: each field missing once"},
    {"unknown-category", FaultKind::kUnknownCategory, Group::kEntries, ArgKind::kNone, false,
     "bad entries among the good"},
    {"unknown-scope", FaultKind::kUnknownScope, Group::kEntries, ArgKind::kNone, false,
     "bad entries among the good"},
    {"duplicates", FaultKind::kDuplicates, Group::kEntries, ArgKind::kNone, false,
     "every fifth entry again at the end, its value one higher"},
    {"nan", FaultKind::kNan, Group::kEntries, ArgKind::kNone, false,
     "every other value is nan, inf, -inf or -nan"},
    {"hostile-names", FaultKind::kHostileNames, Group::kEntries, ArgKind::kNone, true,
     "users and commands (SERVER_INFO: locales) with quotes, line ends, UTF-8, 4 kB"},
    {"non-utf8", FaultKind::kNonUtf8, Group::kEntries, ArgKind::kNone, true,
     "one more name, with bytes that are not UTF-8"},
    {"deep", FaultKind::kDeep, Group::kEntries, ArgKind::kNone, true,
     "one more value, 100,000 arrays deep"},
}};

constexpr std::chrono::hours kLongestDelay{24};
constexpr std::size_t kMostBytes = std::size_t{1} << 30U;
constexpr std::string_view kServerInfoPrefix = "server-info:";

std::string KindNames() {
  std::string names;
  for (const Row& row : kRows) {
    fmt::format_to(std::back_inserter(names), "{}{}", names.empty() ? "" : ", ", row.name);
  }
  return names;
}

}  // namespace

bool FaultSet::AltersEntries() const {
  return std::any_of(kRows.begin(), kRows.end(),
                     [&](const Row& row) { return row.group == Group::kEntries && Has(row.kind); });
}

tl::expected<void, std::string> FaultPlan::Add(std::string_view text) {
  const bool is_for_server_info = text.starts_with(kServerInfoPrefix);
  if (is_for_server_info) text.remove_prefix(kServerInfoPrefix.size());
  const std::size_t equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  std::optional<std::string_view> arg;
  if (equals != std::string_view::npos) arg = text.substr(equals + 1);

  const auto* const row = std::find_if(
      kRows.begin(), kRows.end(), [&](const Row& candidate) { return candidate.name == name; });
  if (row == kRows.end()) {
    return tl::unexpected(
        fmt::format("expected one of {}, or one behind {}", KindNames(), kServerInfoPrefix));
  }
  if (is_for_server_info && !row->fits_server_info) {
    return tl::unexpected(std::string("makes no sense for SERVER_INFO"));
  }

  FaultSet& faults = (is_for_server_info ? server_info_ : all_).faults;
  for (const Row& other : kRows) {
    const bool excludes =
        other.group == row->group && (row->group == Group::kConduct || row->group == Group::kFrame);
    if (faults.Has(other.kind) && (excludes || other.kind == row->kind)) {
      return tl::unexpected(fmt::format("can't be combined with {}", other.name));
    }
  }

  switch (row->arg) {
    case ArgKind::kNone:
      if (arg) return tl::unexpected(fmt::format("{} takes no argument", name));
      break;
    case ArgKind::kDuration: {
      const auto delay = arkouda_exporter::ParseDuration(arg.value_or(""));
      if (!delay) return tl::unexpected(fmt::format("{}=DURATION: {}", name, delay.error()));
      if (*delay > kLongestDelay) {
        return tl::unexpected(fmt::format("{}=DURATION: expected at most 24h", name));
      }
      faults.delay_ = *delay;
      break;
    }
    case ArgKind::kBytes: {
      const std::string_view digits = arg.value_or("");
      const char* const end = digits.data() + digits.size();
      const auto [rest, error] = std::from_chars(digits.data(), end, faults.bytes_);
      if (error != std::errc() || rest != end || faults.bytes_ < 1 || faults.bytes_ > kMostBytes) {
        return tl::unexpected(
            fmt::format("{}=BYTES: expected a whole number from 1 to {}", name, kMostBytes));
      }
      break;
    }
  }
  faults.kinds_.set(static_cast<std::size_t>(row->kind));
  return {};
}

void FaultPlan::Limit(std::uint64_t after, std::optional<std::uint64_t> times) {
  after_ = after;
  times_ = times;
}

FaultSet FaultPlan::Next(RequestKind kind) {
  if (kind != RequestKind::kAll && kind != RequestKind::kServerInfo) return {};
  Course& course = kind == RequestKind::kAll ? all_ : server_info_;
  const std::uint64_t served = course.served++;
  const bool is_hit = served >= after_ && (!times_ || served - after_ < *times_);
  return is_hit ? course.faults : FaultSet();
}

std::string FaultPlan::Help() {
  std::string help;
  for (const Row& row : kRows) {
    const std::string_view arg = row.arg == ArgKind::kDuration ? "=DURATION"
                                 : row.arg == ArgKind::kBytes  ? "=BYTES"
                                                               : "";
    fmt::format_to(std::back_inserter(help), "  {:<17} {}\n", fmt::format("{}{}", row.name, arg),
                   row.help);
  }
  return help;
}

}  // namespace arkouda_simulator
