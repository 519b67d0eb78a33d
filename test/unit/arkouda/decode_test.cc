#include "exporter/arkouda/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "test/unit/envelope.h"

namespace arkouda_exporter {
namespace {

using testing::Entry;
using testing::Envelope;
using ::testing::HasSubstr;
using testing::kLocaleFields;
using testing::kUserField;
using ::testing::SizeIs;
using testing::ToFrames;

tl::expected<Metrics, ReplyError> DecodeMsg(const std::string& msg) {
  return DecodeMetrics(ToFrames({Envelope(msg)}), TimeZone::Named("UTC").value(), {});
}

TEST(DecodeMetrics, KeepsEveryTextAndTheValueOfEveryScope) {
  const auto metrics = DecodeMsg("[" + Entry("total", "NUM_REQUESTS", "GLOBAL", "1.5e+00") + "," +
                                 Entry("used", "SYSTEM", "LOCALE", "nan", kLocaleFields) + "," +
                                 Entry("arange", "NUM_REQUESTS", "USER", "2", kUserField) + "]");
  ASSERT_TRUE(metrics) << metrics.error().reason;
  const Entries& entries = metrics->entries;
  ASSERT_THAT(entries, SizeIs(3));
  EXPECT_EQ(entries[0].value, 1.5);
  EXPECT_EQ(entries.TextOf(0, Entries::kName), "total");
  EXPECT_EQ(entries[1].category, MetricCategory::kSystem);
  EXPECT_EQ(entries[1].scope, MetricScope::kLocale);
  EXPECT_EQ(entries.TextOf(1, Entries::kName), "used");
  EXPECT_EQ(entries.TextOf(1, Entries::kLocaleName), "node3");
  EXPECT_EQ(entries.TextOf(1, Entries::kLocaleNum), "3");
  EXPECT_EQ(entries.TextOf(1, Entries::kLocaleHostname), "node3.cluster");
  EXPECT_EQ(entries.TextOf(2, Entries::kUser), "alice");
  EXPECT_EQ(metrics->timestamp, 1713528000.000001);
}

TEST(DecodeMetrics, ATimestampThatCannotBeReadIsSkippedAlone) {
  const auto metrics = DecodeMsg(
      R"([{"name":"n", "category":"SYSTEM", "scope":"GLOBAL", "timestamp":"soon", "value":1}])");
  ASSERT_TRUE(metrics);
  EXPECT_THAT(metrics->entries, SizeIs(1));
  EXPECT_EQ(metrics->timestamp, std::nullopt);
  EXPECT_EQ(metrics->skips.Of(SkipReason::kBadTimestamp).first, "soon");
}

TEST(DecodeMetrics, SeveralFramesAreNotAReply) {
  const auto metrics = DecodeMetrics(ToFrames({Envelope("[]"), "more"}), TimeZone::Local(), {});
  ASSERT_FALSE(metrics);
  EXPECT_EQ(metrics.error().result, PollResult::kInvalidReply);
  EXPECT_THAT(metrics.error().reason, HasSubstr("2 frames"));
}

TEST(DecodeServerInfo, OfALocaleThatIsNamedTwiceTheLastWins) {
  const auto locale = [](const std::string& id, int bytes) {
    return R"({"name":"n", "id":")" + id +
           R"(", "hostname":"h", "number_of_processing_units":1, "physical_memory":)" +
           std::to_string(bytes) + R"(, "max_number_of_tasks":1})";
  };
  const auto information = DecodeServerInfo(
      ToFrames({Envelope(R"({"hostname":"h", "version":"v", "number_of_locales":2, "locales":[)" +
                         locale("0", 1) + "," + locale("1", 2) + "," + locale("0", 3) + "]}")}));
  ASSERT_TRUE(information) << information.error().reason;
  const auto& locales = information->info.locales;
  ASSERT_THAT(locales, SizeIs(2));
  EXPECT_EQ(locales[0].physical_memory, 3);
  EXPECT_EQ(locales[1].physical_memory, 2);
  EXPECT_EQ(information->skips.Of(SkipReason::kDuplicate).count, std::size_t{1});
  EXPECT_EQ(information->skips.Of(SkipReason::kDuplicate).first, "n");
}

}  // namespace
}  // namespace arkouda_exporter
