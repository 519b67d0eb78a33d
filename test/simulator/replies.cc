#include "test/simulator/replies.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "test/simulator/bad_entries.h"
#include "test/simulator/reply_writer.h"

namespace arkouda_simulator {
namespace {

using arkouda_exporter::LocaleInfo;
using arkouda_exporter::Metric;
using arkouda_exporter::MetricCategory;

constexpr std::int64_t kServerPort = 5555;  // of the server's main socket, which is not simulated

constexpr std::string_view kHtmlPage =
    "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n"
    "<body><h1>502 Bad Gateway</h1></body></html>\n";
constexpr std::string_view kErrorText =
    "Error: metricsMsg: memoryUsed() failed: out of memory on locale 1";

// Bare as C's and Chapel's %e writes them, which is not JSON.
constexpr std::array<double, 4> kNotFinite = {
    std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
    -std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::quiet_NaN()};

// The elements of an array, ", " between them.
class ArrayWriter {
 public:
  ArrayWriter() { out_.push_back('['); }

  fmt::memory_buffer& Next() {
    if (out_.size() > 1) out_.append(std::string_view(", "));
    return out_;
  }

  std::string Finish() {
    out_.push_back(']');
    return fmt::to_string(out_);
  }

 private:
  fmt::memory_buffer out_;
};

Field& Get(std::vector<Field>& fields, std::string_view key) {
  return *std::find_if(fields.begin(), fields.end(),
                       [&](const Field& field) { return field.key == key; });
}

void Remove(std::vector<Field>& fields, std::string_view key) {
  std::erase_if(fields, [&](const Field& field) { return field.key == key; });
}

std::string LocaleArray(std::span<const std::vector<Field>> locales) {
  ArrayWriter array;
  for (const std::vector<Field>& locale : locales) AppendObject(array.Next(), locale);
  return array.Finish();
}

std::string Object(const std::vector<Field>& fields) {
  fmt::memory_buffer out;
  AppendObject(out, fields);
  return fmt::to_string(out);
}

}  // namespace

Replies::Replies(const Options& options, std::size_t number, std::uint16_t port,
                 WallClock wall_clock)
    : options_(options),
      port_(port),
      wall_clock_(std::move(wall_clock)),
      workload_(options.size, options.seed + number, options.form) {}

std::vector<std::string> Replies::Answer(const Request& request, const FaultSet& faults) {
  if (faults.Has(FaultKind::kEmpty)) return {""};
  if (faults.Has(FaultKind::kNotJson)) return {std::string(kHtmlPage)};

  std::string msg = Msg(request, faults);
  if (request.kind == RequestKind::kAll) workload_.Advance();
  // White space behind the value makes the reply large and leaves it good.
  if (msg.size() < faults.bytes()) msg.resize(faults.bytes(), ' ');

  Envelope envelope{.msg = msg, .user = request.user, .has_payload = options_.form == Form::k2026};
  if (faults.Has(FaultKind::kNoMsg)) envelope.msg.reset();
  if (faults.Has(FaultKind::kError)) {
    envelope.msg = kErrorText;
    envelope.msg_type = "ERROR";
  }
  std::string frame = WriteEnvelope(envelope);
  if (faults.Has(FaultKind::kTruncate)) frame.resize(frame.size() / 2);
  std::vector<std::string> frames = {std::move(frame)};
  if (faults.Has(FaultKind::kFrames)) frames.emplace_back("a second frame");
  return frames;
}

std::string Replies::Msg(const Request& request, const FaultSet& faults) const {
  const bool has_wrong_kind = faults.Has(FaultKind::kMsgNotArray);
  switch (request.kind) {
    case RequestKind::kAll:
      if (has_wrong_kind) return ServerInfo(faults);
      return options_.recorded_all ? *options_.recorded_all : Metrics(std::nullopt, faults);
    case RequestKind::kServerInfo:
      if (has_wrong_kind) return Metrics(std::nullopt, faults);
      return options_.recorded_server_info ? *options_.recorded_server_info : ServerInfo(faults);
    case RequestKind::kCategory:
      return Metrics(request.category, faults);
    case RequestKind::kConnect:
      return fmt::format("connected to arkouda metrics server tcp://*:{}", port_);
    case RequestKind::kGetConfig:
      break;
  }
  return Config();
}

std::string Replies::Metrics(std::optional<MetricCategory> category, const FaultSet& faults) const {
  const std::vector<std::string> bad_entries = BadEntries(faults);
  const Names names = faults.Has(FaultKind::kHostileNames) ? Names::kHostile : Names::kPlain;
  std::vector<Metric> duplicates;
  std::size_t count = 0;
  Timestamps timestamps(wall_clock_());
  ArrayWriter array;
  const auto write = [&](Metric metric) {
    metric.timestamp = timestamps.Next();
    AppendMetric(array.Next(), metric);
  };
  workload_.Visit(category, names, [&](Metric metric) {
    if (faults.Has(FaultKind::kNan) && count % 2 == 1) {
      metric.value = kNotFinite[count / 2 % kNotFinite.size()];
    }
    write(metric);
    if (faults.Has(FaultKind::kDuplicates) && count % 5 == 0) duplicates.push_back(metric);
    if (count < bad_entries.size()) {
      array.Next().append(bad_entries[count]);
    }
    ++count;
  });
  for (; count < bad_entries.size(); ++count) array.Next().append(bad_entries[count]);
  for (Metric& metric : duplicates) {
    metric.value += 1;
    write(metric);
  }
  return array.Finish();
}

std::string Replies::ServerInfo(const FaultSet& faults) const {
  const Names names = faults.Has(FaultKind::kHostileNames) ? Names::kHostile : Names::kPlain;
  std::vector<std::vector<Field>> locales;
  for (const LocaleInfo& locale : workload_.Locales(names)) locales.push_back(Fields(locale));
  const auto number_of_locales = static_cast<std::int64_t>(locales.size());

  std::vector<Field>& last = locales.back();
  if (faults.Has(FaultKind::kWrongTypes)) Get(last, "physical_memory").json = R"("256 GiB")";
  if (faults.Has(FaultKind::kMissingField)) Remove(last, "max_number_of_tasks");
  if (faults.Has(FaultKind::kNonUtf8)) Get(last, "hostname").json = ToJson(NameThatIsNoUtf8());

  std::vector<Field> fields = {{.key = "hostname", .json = ToJson(options_.server_hostname)},
                               {.key = "version", .json = ToJson(options_.server_version)},
                               {.key = "server_port", .json = ToJson(kServerPort)},
                               {.key = "locales", .json = LocaleArray(locales)},
                               {.key = "number_of_locales", .json = ToJson(number_of_locales)}};
  if (faults.Has(FaultKind::kWrongTypes)) Get(fields, "number_of_locales").json = R"("many")";
  if (faults.Has(FaultKind::kMissingField)) Remove(fields, "version");
  if (faults.Has(FaultKind::kDeep)) {
    fields.insert(fields.begin(), {.key = "deep", .json = DeepArrays()});
  }
  return Object(fields);
}

std::string Replies::Config() const {
  const std::vector<LocaleInfo> locales = workload_.Locales(Names::kPlain);
  std::vector<std::vector<Field>> locale_configs;
  locale_configs.reserve(locales.size());
  for (const LocaleInfo& locale : locales) {
    locale_configs.push_back({{.key = "id", .json = locale.id},
                              {.key = "name", .json = ToJson(locale.name)},
                              {.key = "numPUs", .json = ToJson(locale.processing_units)},
                              {.key = "maxTaskPar", .json = ToJson(locale.max_tasks)},
                              {.key = "physicalMemory", .json = ToJson(locale.physical_memory)}});
  }
  const auto number_of_locales = static_cast<std::int64_t>(locales.size());
  return Object({{.key = "arkoudaVersion", .json = ToJson(options_.server_version)},
                 {.key = "chplVersion", .json = ToJson("2.0.0")},
                 {.key = "pythonVersion", .json = ToJson("3.11.2")},
                 {.key = "ZMQVersion", .json = ToJson("4.3.4")},
                 {.key = "HDF5Version", .json = ToJson("1.12.2")},
                 {.key = "serverHostname", .json = ToJson(options_.server_hostname)},
                 {.key = "ServerPort", .json = ToJson(kServerPort)},
                 {.key = "numLocales", .json = ToJson(number_of_locales)},
                 {.key = "numNodes", .json = ToJson(number_of_locales)},
                 {.key = "numPUs", .json = ToJson(locales.front().processing_units)},
                 {.key = "maxTaskPar", .json = ToJson(locales.front().max_tasks)},
                 {.key = "physicalMemory", .json = ToJson(locales.front().physical_memory)},
                 {.key = "distributionType", .json = ToJson("domain(1,int(64),one)")},
                 {.key = "LocaleConfigs", .json = LocaleArray(locale_configs)},
                 {.key = "authenticate", .json = "false"},
                 {.key = "logLevel", .json = ToJson("INFO")},
                 {.key = "logChannel", .json = ToJson("CONSOLE")},
                 {.key = "regexMaxCaptures", .json = "20"},
                 {.key = "byteorder", .json = ToJson("little")},
                 {.key = "autoShutdown", .json = "false"},
                 {.key = "serverInfoNoSplash", .json = "false"}});
}

}  // namespace arkouda_simulator
