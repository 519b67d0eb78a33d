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

#include "exporter/arkouda/reply.h"
#include "exporter/metrics/exposition.h"
#include "exporter/metrics/page.h"
#include "exporter/metrics/snapshot.h"
#include "exporter/metrics/translate.h"
#include "test/simulator/reply_writer.h"
#include "test/simulator/workload.h"

namespace arkouda_exporter {
namespace {

constexpr std::string_view kServerName = "arkouda-metrics";

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
  Samples samples;
  std::shared_ptr<const Fragments> fragments;
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

Samples Translate(ReplyText& reply, const ServerInfo* info = nullptr) {
  Translator translator;
  const EntryHandlers handlers = {
      .on_metric = [&](const Metric& metric) { translator.Add(metric); },
      .on_skipped = [](SkipReason, std::string_view) { std::abort(); }};
  OrAbort(ReadMetrics(reply, handlers));
  if (info != nullptr) translator.Add(*info);
  return translator.Take();
}

std::shared_ptr<const Fragments> Render(const Samples& samples) {
  auto fragments = std::make_shared<Fragments>();
  for (const Family& family : Families()) {
    (*fragments)[static_cast<std::size_t>(family.id)] = RenderSamples(family, samples, kServerName);
  }
  return fragments;
}

Stages::Stages(Size size) {
  arkouda_simulator::Workload workload(WorkloadSizeOf(size), /*seed=*/1,
                                       arkouda_simulator::Form::k2024);
  workload.Advance();
  frame = MakeFrame(workload);
  reply = std::make_unique<ReplyText>(OrAbort(ReplyText::FromEnvelope(frame)));
  ServerInfo info;
  info.locales = workload.Locales(arkouda_simulator::Names::kPlain);
  info.identity = {.hostname = "node0000",
                   .version = "v2024.04.19",
                   .number_of_locales = static_cast<std::int64_t>(info.locales.size())};
  samples = Translate(*reply, &info);
  fragments = Render(samples);
  for (const Family& family : Families()) series += samples.Of(family.id).size();
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

void ReadMetricsAndTranslate(benchmark::State& state) {
  const Stages& stages = StagesOf(state);
  while (state.KeepRunning()) benchmark::DoNotOptimize(Translate(*stages.reply));
  SetBytes(state, stages.reply->text().size());
}

std::size_t SizeOf(const Fragments& fragments) {
  std::size_t size = 0;
  for (const std::string& fragment : fragments) size += fragment.size();
  return size;
}

void RenderAllFamilies(benchmark::State& state) {
  const Stages& stages = StagesOf(state);
  while (state.KeepRunning()) benchmark::DoNotOptimize(Render(stages.samples));
  SetBytes(state, SizeOf(*stages.fragments));
}

void AssembleThePage(benchmark::State& state) {
  const Stages& stages = StagesOf(state);
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->fragments = stages.fragments;
  const std::array<std::shared_ptr<const Snapshot>, 1> targets = {snapshot};
  while (state.KeepRunning()) benchmark::DoNotOptimize(AssemblePage(targets));
  SetBytes(state, SizeOf(*stages.fragments));
}

#define BENCH_BOTH_SIZES(function)          \
  BENCHMARK(function)                       \
      ->Arg(static_cast<int>(Size::kSmall)) \
      ->Arg(static_cast<int>(Size::kLarge)) \
      ->ArgName("large")                    \
      ->Unit(benchmark::kMicrosecond)

BENCH_BOTH_SIZES(Envelope);
BENCH_BOTH_SIZES(ReadMetricsAlone);
BENCH_BOTH_SIZES(ReadMetricsAndTranslate);
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
