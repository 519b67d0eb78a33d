#include "exporter/arkouda/decode.h"

#include <map>
#include <new>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "common/quote.h"

namespace arkouda_exporter {
namespace {

std::string_view View(const zmq::message_t& frame) {
  return {static_cast<const char*>(frame.data()), frame.size()};
}

// The text of a reply that is one frame. The frames are let go before it is read: both at once
// would be what most of the memory is needed for.
tl::expected<ReplyText, ReplyError> TextOf(Frames frames) {
  if (frames.size() == 1) return ReplyText::FromEnvelope(View(frames.front()));
  return tl::unexpected(ReplyError{
      .result = PollResult::kInvalidReply,
      .reason = "the reply has " + std::to_string(frames.size()) +
                " frames where one is expected, the first: " + Excerpt(View(frames.front()))});
}

void DropDuplicateLocales(Information& information) {
  std::vector<LocaleInfo>& locales = information.info.locales;
  std::map<std::tuple<std::string, std::string, std::string>, LocaleInfo> kept;
  for (const LocaleInfo& locale : locales) {
    const bool is_new =
        kept.insert_or_assign({locale.name, locale.id, locale.hostname}, locale).second;
    if (!is_new) information.skips.Add(SkipReason::kDuplicate, locale.name);
  }
  if (kept.size() == locales.size()) return;
  locales.clear();
  for (auto& [key, locale] : kept) locales.push_back(std::move(locale));
}

// Calls `decode` with the text of the reply, when there is one and memory suffices.
template <typename Decode>
auto WithTextOf(Frames frames, const Decode& decode)
    -> decltype(decode(std::declval<ReplyText&>())) {
  const std::size_t bytes = BytesOf(frames);
  try {
    auto text = TextOf(std::move(frames));
    if (!text) return tl::unexpected(std::move(text).error());
    return decode(*text);
  } catch (const std::bad_alloc&) {
    return tl::unexpected(OutOfMemory(bytes));
  }
}

}  // namespace

tl::expected<Metrics, ReplyError> DecodeMetrics(Frames frames, const TimeZone& zone,
                                                const Entries::Sizes& expected) {
  return WithTextOf(std::move(frames), [&](ReplyText& text) -> tl::expected<Metrics, ReplyError> {
    Metrics metrics;
    metrics.entries.Reserve(expected);
    std::optional<std::string> timestamp;
    const EntryHandlers handlers = {
        .on_metric =
            [&](const Metric& metric) {
              if (!timestamp) timestamp = metric.timestamp;
              metrics.entries.Add(metric);
            },
        .on_skipped = [&](SkipReason reason,
                          std::string_view part) { metrics.skips.Add(reason, part); }};
    if (auto read = ReadMetrics(text, handlers); !read) {
      return tl::unexpected(std::move(read).error());
    }
    if (timestamp) {
      metrics.timestamp = zone.ToUnixSeconds(*timestamp);
      if (!metrics.timestamp) metrics.skips.Add(SkipReason::kBadTimestamp, *timestamp);
    }
    return metrics;
  });
}

tl::expected<Information, ReplyError> DecodeServerInfo(Frames frames) {
  return WithTextOf(
      std::move(frames), [&](ReplyText& text) -> tl::expected<Information, ReplyError> {
        Information information;
        auto info = ReadServerInfo(text, [&](SkipReason reason, std::string_view part) {
          information.skips.Add(reason, part);
        });
        if (!info) return tl::unexpected(std::move(info).error());
        information.info = *std::move(info);
        DropDuplicateLocales(information);
        return information;
      });
}

}  // namespace arkouda_exporter
