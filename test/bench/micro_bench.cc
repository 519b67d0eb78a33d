// What the rooms of a poll cost, each alone, at both sizes of the README's table.

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <malloc.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

#include "exporter/arkouda/decode.h"
#include "exporter/arkouda/reply.h"
#include "exporter/metrics/exposition.h"
#include "exporter/metrics/page.h"
#include "exporter/metrics/snapshot.h"
#include "exporter/metrics/translate.h"
#include "test/simulator/reply_writer.h"
#include "test/simulator/workload.h"

namespace arkouda_exporter {
namespace {

constexpr std::string_view kLabels = "arkouda_server_name=\"arkouda-metrics\"";
constexpr std::size_t kMaxLabelLength = 1024;

enum class Size { kSmall, kLarge };

arkouda_simulator::WorkloadSize WorkloadSizeOf(Size size) {
  return size == Size::kSmall
             ? arkouda_simulator::WorkloadSize{.locales = 2, .commands = 8, .users = 2}
             : arkouda_simulator::WorkloadSize{.locales = 1024, .commands = 200, .users = 200};
}

// What never fails here; when it does, the figures would be of something else.
template <typename T, typename E>
T OrAbort(tl::expected<T, E> expected) {
  if (!expected) {
    fmt::print(stderr, "micro_bench: {}\n", expected.error().reason);
    std::abort();
  }
  if constexpr (!std::is_void_v<T>) return *std::move(expected);
}

// A reply of the simulator, and what the rooms make of it one after the other.
struct Stages {
  explicit Stages(Size size);

  std::string frame;
  std::unique_ptr<ReplyText> reply;
  std::shared_ptr<const ServerInfo> info;
  Entries::Sizes sizes;
  Samples samples;
  std::shared_ptr<const Lines> lines;
  std::size_t series = 0;
};

std::string MakeFrame(const arkouda_simulator::Workload& workload) {
  fmt::memory_buffer msg;
  arkouda_simulator::Timestamps timestamps{std::chrono::system_clock::time_point()};
  std::string_view before = "[";
  workload.Visit(std::nullopt, arkouda_simulator::Names::kPlain, [&](Metric metric) {
    msg.append(before);
    before = ", ";
    metric.timestamp = timestamps.Next();
    arkouda_simulator::AppendMetric(msg, metric);
  });
  msg.push_back(']');
  return arkouda_simulator::WriteEnvelope(
      {.msg = std::string_view(msg.data(), msg.size()), .user = "prometheus-arkouda-exporter"});
}

Frames ToFrames(const std::string& frame) {
  Frames frames;
  frames.emplace_back(frame.data(), frame.size());
  return frames;
}

Answer Decode(const Stages& stages) {
  auto metrics = OrAbort(DecodeMetrics(ToFrames(stages.frame), TimeZone::Local(), stages.sizes));
  return {.entries = std::move(metrics.entries),
          .timestamp = metrics.timestamp,
          .server_info = stages.info};
}

Stages::Stages(Size size) {
  arkouda_simulator::Workload workload(WorkloadSizeOf(size), /*seed=*/1,
                                       arkouda_simulator::Form::k2024);
  workload.Advance();
  frame = MakeFrame(workload);
  reply = std::make_unique<ReplyText>(OrAbort(ReplyText::FromEnvelope(frame)));
  ServerInfo server;
  server.locales = workload.Locales(arkouda_simulator::Names::kPlain);
  server.identity = {.hostname = "node0000",
                     .version = "v2024.04.19",
                     .number_of_locales = static_cast<std::int64_t>(server.locales.size())};
  info = std::make_shared<const ServerInfo>(std::move(server));
  Answer answer = Decode(*this);
  sizes = answer.entries.GetSizes();
  samples = Translate(std::move(answer), kMaxLabelLength).samples;
  lines = std::make_shared<const Lines>(RenderSamples(samples, kLabels));
  for (const Family& family : ArkoudaFamilies()) series += samples.Of(family.id).size();
}

const Stages& StagesOf(benchmark::State& state) {
  static const std::array<Stages, 2> all = {Stages(Size::kSmall), Stages(Size::kLarge)};
  const Stages& stages = all[static_cast<std::size_t>(state.range(0))];
  state.SetLabel(fmt::format("{} series", stages.series));
  return stages;
}

void SetBytes(benchmark::State& state, std::size_t bytes_each) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes_each));
}

void Envelope(benchmark::State& state) {
  const Stages& stages = StagesOf(state);
  while (state.KeepRunning()) benchmark::DoNotOptimize(ReplyText::FromEnvelope(stages.frame));
  SetBytes(state, stages.frame.size());
}

void ReadMetricsAlone(benchmark::State& state) {
  const Stages& stages = StagesOf(state);
  const EntryHandlers handlers = {
      .on_metric =
          [](const Metric& metric) {
            auto value = metric.value;  // of its own: benchmark 1.8 warns of what is const
            benchmark::DoNotOptimize(value);
          },
      .on_skipped = [](SkipReason, std::string_view) { std::abort(); }};
  while (state.KeepRunning()) benchmark::DoNotOptimize(ReadMetrics(*stages.reply, handlers));
  SetBytes(state, stages.reply->text().size());
}

void DecodeAFrame(benchmark::State& state) {
  const Stages& stages = StagesOf(state);
  while (state.KeepRunning()) benchmark::DoNotOptimize(Decode(stages));
  SetBytes(state, stages.frame.size());
}

void DecodeAndTranslate(benchmark::State& state) {
  const Stages& stages = StagesOf(state);
  while (state.KeepRunning()) {
    benchmark::DoNotOptimize(Translate(Decode(stages), kMaxLabelLength));
  }
  SetBytes(state, stages.frame.size());
}

std::size_t SizeOf(const Lines& lines) {
  std::size_t size = 0;
  for (const Family& family : ArkoudaFamilies()) size += lines.Of(family.id).size();
  return size;
}

void RenderAllFamilies(benchmark::State& state) {
  const Stages& stages = StagesOf(state);
  while (state.KeepRunning()) {
    benchmark::DoNotOptimize(RenderSamples(stages.samples, kLabels));
  }
  SetBytes(state, SizeOf(*stages.lines));
}

void AssembleThePage(benchmark::State& state) {
  const Stages& stages = StagesOf(state);
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->arkouda = stages.lines;
  while (state.KeepRunning()) {
    const Page page({snapshot});
    auto parts = page.parts().size();
    benchmark::DoNotOptimize(parts);
  }
  SetBytes(state, SizeOf(*stages.lines));
}

#define BENCH_BOTH_SIZES(function)          \
  BENCHMARK(function)                       \
      ->Arg(static_cast<int>(Size::kSmall)) \
      ->Arg(static_cast<int>(Size::kLarge)) \
      ->ArgName("large")                    \
      ->Unit(benchmark::kMicrosecond)

BENCH_BOTH_SIZES(Envelope);
BENCH_BOTH_SIZES(ReadMetricsAlone);
BENCH_BOTH_SIZES(DecodeAFrame);
BENCH_BOTH_SIZES(DecodeAndTranslate);
BENCH_BOTH_SIZES(RenderAllFamilies);
BENCH_BOTH_SIZES(AssembleThePage);

}  // namespace
}  // namespace arkouda_exporter

int main(int argc, char** argv) {
  // As the exporter does. It makes every large buffer cost its page faults, half of a poll's time,
  // as it does there; with glibc's defaults they would cost them once.
  mallopt(M_MMAP_THRESHOLD, 128 << 10);
  mallopt(M_ARENA_MAX, 1);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return EXIT_FAILURE;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return EXIT_SUCCESS;
}
