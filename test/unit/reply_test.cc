#include "exporter/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "test/unit/envelope.h"

namespace arkouda_exporter {
namespace {

using ::testing::ElementsAre;
using testing::Entry;
using testing::Envelope;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kLocaleFields;
using testing::kUserField;
using ::testing::SizeIs;

struct ReadResult {
  std::vector<double> values;
  std::vector<std::string> names;
  std::vector<SkipReason> skipped;
  std::string error;  // empty when the reply could be used
};

ReadResult ReadFrame(const std::string& frame) {
  ReadResult result;
  const auto reply = ReplyText::FromEnvelope(frame);
  if (!reply) return {.error = reply.error().reason};
  const auto read = ReadMetrics(
      *reply, {.on_metric =
                   [&](const Metric& metric) {
                     result.values.push_back(metric.value);
                     result.names.emplace_back(metric.name);
                   },
               .on_skipped = [&](SkipReason reason,
                                 std::string_view) { result.skipped.push_back(reason); }});
  if (!read) result.error = read.error().reason;
  return result;
}

ReadResult ReadMsg(const std::string& msg) { return ReadFrame(Envelope(msg)); }

std::string Good(const std::string& value = "1.000000e+00") {
  return Entry("total", "NUM_REQUESTS", "GLOBAL", value);
}

// Reads one odd entry between two good ones: whatever it is, the good ones must stay.
ReadResult ReadBetweenGoodOnes(const std::string& odd) {
  return ReadMsg("[" + Good() + ", " + odd + ", " + Good() + "]");
}

TEST(ReadMetrics, ReadsEveryFieldOfEveryScope) {
  const auto reply = ReplyText::FromEnvelope(Envelope(
      "[" + Entry("arkouda_memory_used_per_locale", "SYSTEM", "LOCALE", "1.5e+00", kLocaleFields) +
      "," + Entry("total", "NUM_REQUESTS", "USER", "2", kUserField) + "]"));
  ASSERT_TRUE(reply);
  std::vector<Metric> metrics;
  ASSERT_TRUE(ReadMetrics(
      *reply, {.on_metric =
                   [&](const Metric& metric) {
                     metrics.push_back(metric);
                     if (metrics.size() == 1) {
                       EXPECT_EQ(metric.name, "arkouda_memory_used_per_locale");
                       EXPECT_EQ(metric.category, MetricCategory::kSystem);
                       EXPECT_EQ(metric.scope, MetricScope::kLocale);
                       EXPECT_EQ(metric.timestamp, "2024-04-19T12:00:00.000001");
                       EXPECT_EQ(metric.value, 1.5);
                       EXPECT_EQ(metric.locale_num, 3);
                       EXPECT_EQ(metric.locale_name, "node3");
                       EXPECT_EQ(metric.locale_hostname, "node3.cluster");
                     } else {
                       EXPECT_EQ(metric.scope, MetricScope::kUser);
                       EXPECT_EQ(metric.user, "alice");
                     }
                   },
               .on_skipped = [](SkipReason, std::string_view entry) { ADD_FAILURE() << entry; }}));
  EXPECT_THAT(metrics, SizeIs(2));
}

TEST(ReadMetrics, AnEmptyArrayIsAReplyWithoutMetrics) {
  const ReadResult result = ReadMsg("[]");
  EXPECT_EQ(result.error, "");
  EXPECT_THAT(result.values, IsEmpty());
}

TEST(ReadMetrics, BareNanAndInfinitiesAreValues) {
  const ReadResult result = ReadMsg("[" + Good("nan") + ", " + Good("inf") + "," + Good("-inf") +
                                    " , " + Good("-nan") + "]");
  ASSERT_THAT(result.values, SizeIs(4));
  EXPECT_TRUE(std::isnan(result.values[0]));
  EXPECT_EQ(result.values[1], std::numeric_limits<double>::infinity());
  EXPECT_EQ(result.values[2], -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(result.values[3]));
  EXPECT_THAT(result.skipped, IsEmpty());
}

TEST(ReadMetrics, ABareNanAtTheEndOfAnEntryCostsNothing) {
  const ReadResult result = ReadMsg(
      R"([{"name":"total","category":"NUM_REQUESTS","scope":"GLOBAL","timestamp":"t","value":nan}, )" +
      Good() + "]");
  EXPECT_THAT(result.values, SizeIs(2));
}

TEST(ReadMetrics, ValuesArriveToTheLastBit) {
  const ReadResult result =
      ReadMsg("[" + Good("1.234568e+07") + "," + Good("0.1") + "," + Good("17976931348623157e292") +
              "," + Good("5e-324") + "," + Good("-0.0") + "," + Good("9007199254740993") + "]");
  EXPECT_THAT(result.values,
              ElementsAre(1.234568e+07, 0.1, std::numeric_limits<double>::max(),
                          std::numeric_limits<double>::denorm_min(), -0.0, 9007199254740992.0));
}

TEST(ReadMetrics, AValueThatIsNoNumberIsSkippedAndTheRestIsKept) {
  for (const char* value : {R"("1.0")", "null", "true", "[1]", R"({"a":1})", "1.5abc", "1e999",
                            "0x10", "+1", "--1", "\"nan\"", "none"}) {
    const ReadResult result = ReadBetweenGoodOnes(Good(value));
    EXPECT_EQ(result.error, "") << value;
    EXPECT_THAT(result.skipped, ElementsAre(SkipReason::kBadValue)) << value;
    EXPECT_THAT(result.values, SizeIs(2)) << value;
  }
}

TEST(ReadMetrics, AMissingFieldIsSkippedAndTheRestIsKept) {
  const std::string whole =
      Entry("arkouda_memory_used_per_locale", "SYSTEM", "LOCALE", "1", kLocaleFields);
  for (const char* field :
       {R"("name":"arkouda_memory_used_per_locale", )", R"("category":"SYSTEM", )",
        R"("scope":"LOCALE", )", R"("timestamp":"2024-04-19T12:00:00.000001", )", R"("value":1, )",
        R"("locale_num":3, )", R"("locale_name":"node3", )",
        R"(, "locale_hostname":"node3.cluster")"}) {
    std::string entry = whole;
    const std::size_t found = entry.find(field);
    ASSERT_NE(found, std::string::npos) << field;
    entry.erase(found, std::string(field).size());
    const ReadResult result = ReadBetweenGoodOnes(entry);
    EXPECT_THAT(result.skipped, ElementsAre(SkipReason::kMissingField)) << field;
    EXPECT_THAT(result.values, SizeIs(2)) << field;
  }
  EXPECT_THAT(ReadBetweenGoodOnes(Entry("total", "NUM_REQUESTS", "USER", "1")).skipped,
              ElementsAre(SkipReason::kMissingField));
  EXPECT_THAT(ReadBetweenGoodOnes("{}").skipped, ElementsAre(SkipReason::kMissingField));
}

TEST(ReadMetrics, AFieldOfTheWrongTypeIsSkippedAndTheRestIsKept) {
  const std::string locale_start =
      R"({"name":"n","category":"SYSTEM","scope":"LOCALE","timestamp":"t","value":1,)";
  const std::vector<std::string> entries = {
      R"({"name":5,"category":"SERVER","scope":"GLOBAL","timestamp":"t","value":1})",
      R"({"name":["a"],"category":"SERVER","scope":"GLOBAL","timestamp":"t","value":1})",
      R"({"name":"n","category":7,"scope":"GLOBAL","timestamp":"t","value":1})",
      R"({"name":"n","category":"SERVER","scope":{"x":[{}]},"timestamp":"t","value":1})",
      R"({"name":"n","category":"SERVER","scope":"GLOBAL","timestamp":12.5,"value":1})",
      R"({"name":"bad \ud800 surrogate","category":"SERVER","scope":"GLOBAL","timestamp":"t","value":1})",
      R"({"name":"n","category":"NUM_REQUESTS","scope":"USER","timestamp":"t","value":1,"user":null})",
      locale_start + R"("locale_num":"0","locale_name":"l","locale_hostname":"h"})",
      locale_start + R"("locale_num":0.5,"locale_name":"l","locale_hostname":"h"})",
      locale_start + R"("locale_num":0,"locale_name":1,"locale_hostname":"h"})",
      locale_start + R"("locale_num":0,"locale_name":"l","locale_hostname":false})",
  };
  for (const std::string& entry : entries) {
    const ReadResult result = ReadBetweenGoodOnes(entry);
    EXPECT_EQ(result.error, "") << entry;
    EXPECT_THAT(result.skipped, ElementsAre(SkipReason::kWrongType)) << entry;
    EXPECT_THAT(result.values, SizeIs(2)) << entry;
  }
}

TEST(ReadMetrics, UnknownCategoriesAndScopesAreSkippedAndTheRestIsKept) {
  EXPECT_THAT(ReadBetweenGoodOnes(Entry("n", "PER_USER_NUM_REQUESTS", "GLOBAL", "1")).skipped,
              ElementsAre(SkipReason::kUnknownCategory));
  EXPECT_THAT(ReadBetweenGoodOnes(Entry("n", "SERVER", "REQUEST", "1")).skipped,
              ElementsAre(SkipReason::kUnknownScope));
  EXPECT_THAT(ReadBetweenGoodOnes(Entry("n", "", "GLOBAL", "1")).skipped,
              ElementsAre(SkipReason::kUnknownCategory));
}

TEST(ReadMetrics, ElementsThatAreNoObjectsAreSkippedAndTheRestIsKept) {
  for (const char* element : {"5", "null", "\"text\"", "[1,[2]]", "nan", "[]"}) {
    const ReadResult result = ReadBetweenGoodOnes(element);
    EXPECT_EQ(result.error, "") << element;
    EXPECT_THAT(result.skipped, ElementsAre(SkipReason::kNotAnObject)) << element;
    EXPECT_THAT(result.values, SizeIs(2)) << element;
  }
}

TEST(ReadMetrics, ASkippedEntryIsShownWhole) {
  const auto reply = ReplyText::FromEnvelope(Envelope("[{\"a\":{\"b\":1} } , \"x\",{}]"));
  ASSERT_TRUE(reply);
  std::vector<std::string> shown;
  ASSERT_TRUE(ReadMetrics(
      *reply,
      {.on_metric = [](const Metric&) {},
       .on_skipped = [&](SkipReason, std::string_view entry) { shown.emplace_back(entry); }}));
  EXPECT_THAT(shown, ElementsAre("{\"a\":{\"b\":1} }", "\"x\"", "{}"));
}

TEST(ReadMetrics, UnknownFieldsArePassedOver) {
  const ReadResult result = ReadMsg(
      R"([{"new":{"deep":[1,{"value":3}]},"name":"n","category":"SERVER","x":[],"scope":"GLOBAL",)"
      R"("timestamp":"t","value":7,"payload":""}])");
  EXPECT_THAT(result.values, ElementsAre(7));
}

TEST(ReadMetrics, EscapedNamesAreUnescaped) {
  const ReadResult result =
      ReadMsg("[" + Entry("a\"b\\c\nd\xc3\xa9", "NUM_REQUESTS", "GLOBAL", "1") + "]");
  EXPECT_THAT(result.names, ElementsAre("a\"b\\c\nd\xc3\xa9"));
}

TEST(ReadMetrics, EveryTruncationOfAReplyIsAnError) {
  const std::string whole = "[" + Good() + ", " + Good("nan") + "]";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(ReadMsg(whole.substr(0, size)).error, "") << whole.substr(0, size);
  }
  const std::string frame = Envelope(whole);
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_NE(ReadFrame(frame.substr(0, size)).error, "") << frame.substr(0, size);
  }
}

TEST(ReadMetrics, WhatIsNoArrayIsAnErrorThatSaysWhyAndQuotesIt) {
  for (const std::string& msg :
       {std::string("{}"), std::string("5"), std::string("null"), std::string("\"[]\""),
        "[" + Good() + "] trailing", "[" + Good() + "][]", "[" + Good() + " " + Good() + "]",
        std::string("[{\"name\" \"total\"}]"), std::string(5'000, '['), std::string("[1,]x")}) {
    const ReadResult result = ReadMsg(msg);
    EXPECT_THAT(result.error, HasSubstr("the metrics are no JSON array")) << msg;
    EXPECT_LE(result.error.size(), 250U);
  }
}

TEST(Envelope, WhatIsNoReplyIsAnErrorThatSaysWhyAndQuotesIt) {
  for (const char* frame :
       {"", " ", "<html><body>404</body></html>", "[]", "5", "\"msg\"", "{", "{}",
        R"({"msg":"[]"})", R"({"msgType":"NORMAL"})", R"({"msg":[],"msgType":"NORMAL"})",
        R"({"msg":"[]","msgType":3})", R"({"msg":"[]","msgType":"NORMAL"} x)",
        R"({"msg":"[]","msgType":"NORMAL"}{})", "\xff\xfe\x00", R"({"msg":"[]","msgType":"ODD"})",
        "{\"msg\":\"\xff\",\"msgType\":\"NORMAL\"}"}) {
    const auto reply = ReplyText::FromEnvelope(frame);
    ASSERT_FALSE(reply) << frame;
    EXPECT_EQ(reply.error().result, PollResult::kInvalidReply) << frame;
    EXPECT_THAT(reply.error().reason, HasSubstr("the reply")) << frame;
  }
  EXPECT_EQ(ReplyText::FromEnvelope(std::string(1'000, '\n')).error().reason,
            "the reply is no JSON object: " + std::string(100, '\n') + "...");
}

TEST(Envelope, AnErrorOfArkoudaIsToldApart) {
  const auto reply = ReplyText::FromEnvelope(Envelope("no\nmemory", "ERROR"));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().result, PollResult::kErrorReply);
  EXPECT_EQ(reply.error().reason, "Arkouda answered with an error: no\nmemory");
}

TEST(Envelope, AWarningAndFieldsOfLaterReleasesAreAccepted) {
  EXPECT_TRUE(ReplyText::FromEnvelope(Envelope("[]", "WARNING")));
  EXPECT_TRUE(ReplyText::FromEnvelope(
      R"({"payload": "", "user": "", "msgFormat": "STRING", "msgType": "NORMAL", "msg": "[]"})"));
}

TEST(ServerInfo, ReadsEveryField) {
  const auto reply = ReplyText::FromEnvelope(Envelope(
      R"({"hostname":"h", "version":"v2024.04.19", "server_port":5555, "locales":[{"name":"n0", )"
      R"("id":"0", "hostname":"n0.cluster", "number_of_processing_units":6, )"
      R"("physical_memory":34359738368, "max_number_of_tasks":5}], "number_of_locales":1})"));
  ASSERT_TRUE(reply);
  const auto info = ReadServerInfo(*reply);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->hostname, "h");
  EXPECT_EQ(info->version, "v2024.04.19");
  EXPECT_EQ(info->number_of_locales, 1);
  ASSERT_THAT(info->locales, SizeIs(1));
  EXPECT_EQ(info->locales[0].id, "0");
  EXPECT_EQ(info->locales[0].name, "n0");
  EXPECT_EQ(info->locales[0].hostname, "n0.cluster");
  EXPECT_EQ(info->locales[0].processing_units, 6);
  EXPECT_EQ(info->locales[0].physical_memory, 34359738368);
  EXPECT_EQ(info->locales[0].max_tasks, 5);
}

TEST(ServerInfo, AnythingElseIsAnError) {
  for (const char* msg : {"", "[]", "{}", "null", R"({"hostname":"h"})",
                          R"({"hostname":1,"version":"v","locales":[],"number_of_locales":0})",
                          R"({"hostname":"h","version":"v","locales":5,"number_of_locales":0})",
                          R"({"hostname":"h","version":"v","locales":[{}],"number_of_locales":1})",
                          R"({"hostname":"h","version":"v","locales":[],"number_of_locales":"0"})",
                          R"({"hostname":"h","version":"v","locales":[)"}) {
    const auto reply = ReplyText::FromEnvelope(Envelope(msg));
    ASSERT_TRUE(reply) << msg;
    const auto info = ReadServerInfo(*reply);
    ASSERT_FALSE(info) << msg;
    EXPECT_THAT(info.error().reason, HasSubstr("the server information can't be read")) << msg;
  }
}

}  // namespace
}  // namespace arkouda_exporter
