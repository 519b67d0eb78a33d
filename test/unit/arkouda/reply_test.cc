#include "exporter/arkouda/reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "common/quote.h"
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
  auto reply = ReplyText::FromEnvelope(frame);
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
  auto reply = ReplyText::FromEnvelope(Envelope(
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
  auto reply = ReplyText::FromEnvelope(Envelope("[{\"a\":{\"b\":1} } , \"x\",{}]"));
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
    EXPECT_THAT(result.error, HasSubstr("the metrics are not a JSON array")) << msg;
    EXPECT_LE(result.error.size(), 250U);
  }
}

TEST(Envelope, WhatIsNoReplyIsAnErrorThatSaysWhyAndQuotesIt) {
  for (const char* frame :
       {"", " ", "<html><body>404</body></html>", "[]", "5", "\"msg\"", "{", "{}",
        R"({"msg":"[]"})", R"({"msgType":"NORMAL"})", R"({"msg":[],"msgType":"NORMAL"})",
        R"({"msg":"[]","msgType":3})", R"({"msg":"[]","msgType":"NORMAL"} x)",
        R"({"msg":"[]","msgType":"NORMAL"}{})", "\xff\xfe\x00", R"({"msg":"[]","msgType":"ODD"})",
        "{\"msg\":\"[]\",\"msgType\":\"NORMAL\"\xff}"}) {
    const auto reply = ReplyText::FromEnvelope(frame);
    ASSERT_FALSE(reply) << frame;
    EXPECT_EQ(reply.error().result, PollResult::kInvalidReply) << frame;
    EXPECT_THAT(reply.error().reason, HasSubstr("the reply")) << frame;
  }
  EXPECT_EQ(ReplyText::FromEnvelope(std::string(1'000, '\n')).error().reason,
            "the reply is not a JSON object: " + std::string(100, '\n') + "...");
}

TEST(Envelope, AnErrorOfArkoudaIsToldApart) {
  auto reply = ReplyText::FromEnvelope(Envelope("no\nmemory", "ERROR"));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().result, PollResult::kErrorReply);
  EXPECT_EQ(reply.error().reason, "Arkouda answered with an error: no\nmemory");
}

TEST(Envelope, AWarningAndFieldsOfLaterReleasesAreAccepted) {
  EXPECT_TRUE(ReplyText::FromEnvelope(Envelope("[]", "WARNING")));
  EXPECT_TRUE(ReplyText::FromEnvelope(
      R"({"payload": "", "user": "", "msgFormat": "STRING", "msgType": "NORMAL", "msg": "[]"})"));
}

TEST(ReadMetrics, ABadByteOrABareControlCharacterCostsItsOwnEntry) {
  const std::string good =
      Entry("good", "NUM_REQUESTS", "USER", "1", R"(, "user":"ZoÃ« éª")");
  for (const std::string& bad :
       {std::string("\xff"), std::string("\xe9\x9b"), std::string("\xc0\xaf"),
        std::string("\xed\xa0\x80"), std::string("\xf4\x90\x80\x80"), std::string("a\x01z"),
        std::string("\x1f"), std::string(1, '\0'), std::string("\n"),
        std::string("\xff\x01\xfe")}) {
    const std::string odd =
        Entry("total", "NUM_REQUESTS", "USER", "1", R"(, "user":")" + bad + "\"");
    const std::string msg = "[" + good + ", " + odd + ", " + good + "]";
    // As it stands in the envelope, and as an escape of the envelope's that stands for it.
    std::string frame = Envelope("[" + good + ", @, " + good + "]");
    std::string escaped_once;
    for (const char c : odd) escaped_once += c == '"' ? "\\\"" : std::string(1, c);
    frame.replace(frame.find('@'), 1, escaped_once);
    std::vector<std::string> frames = {frame};
    if (IsUtf8(bad)) frames.push_back(Envelope(msg));
    for (const std::string& each : frames) {
      const ReadResult result = ReadFrame(each);
      EXPECT_EQ(result.error, "") << each;
      EXPECT_THAT(result.skipped, ElementsAre(SkipReason::kBadEncoding)) << each;
      EXPECT_THAT(result.values, SizeIs(2)) << each;
    }
  }
}

TEST(ReadMetrics, HalfASurrogateCostsItsOwnEntryWhereverItIsEscaped) {
  for (const char* half : {"\\ud800", "\\udc00", "\\ud800\\ud800"}) {
    const std::string odd =
        R"({"name":"bad )" + std::string(half) +
        R"(","category":"NUM_REQUESTS","scope":"GLOBAL","timestamp":"t","value":1})";
    EXPECT_THAT(ReadBetweenGoodOnes(odd).skipped, ElementsAre(SkipReason::kBadEncoding)) << half;
    // Unescaped in the metrics, escaped in the envelope.
    std::string frame =
        Envelope("[" + Good() + ", " + Entry("@", "NUM_REQUESTS", "GLOBAL", "1") + "]");
    frame.replace(frame.find('@'), 1, half);
    const ReadResult result = ReadFrame(frame);
    EXPECT_EQ(result.error, "") << half;
    EXPECT_THAT(result.skipped, ElementsAre(SkipReason::kBadEncoding)) << half;
    EXPECT_THAT(result.values, SizeIs(1)) << half;
  }
  EXPECT_THAT(ReadBetweenGoodOnes(Entry("\xf0\x9f\x98\x80", "NUM_REQUESTS", "GLOBAL", "1")).skipped,
              IsEmpty());
}

TEST(ReadMetrics, BadBytesOutsideOfTheMetricsCostNothing) {
  const ReadResult result =
      ReadFrame(R"({"msg":"[]","user":")" + std::string("\xff\x01") + R"(","msgType":"NORMAL"})");
  EXPECT_EQ(result.error, "");
  EXPECT_THAT(result.skipped, IsEmpty());
}

struct ServerInfoResult {
  ServerInfo info;
  std::vector<SkipReason> skipped;
  std::string error;
};

ServerInfoResult ReadInfo(const std::string& frame) {
  ServerInfoResult result;
  auto reply = ReplyText::FromEnvelope(frame);
  if (!reply) return {.info = {}, .skipped = {}, .error = reply.error().reason};
  auto info = ReadServerInfo(
      *reply, [&](SkipReason reason, std::string_view) { result.skipped.push_back(reason); });
  if (info) {
    result.info = *std::move(info);
  } else {
    result.error = info.error().reason;
  }
  return result;
}

std::string InfoWith(const std::string& locales) {
  return R"({"hostname":"h", "version":"v", "server_port":5555, "locales":)" + locales +
         R"(, "number_of_locales":3})";
}

std::string LocaleWith(const std::string& field = "", const std::string& value = "") {
  std::string out = "{";
  for (const auto& [name, good] :
       std::vector<std::pair<std::string, std::string>>{{"name", R"("n")"},
                                                        {"id", R"("7")"},
                                                        {"hostname", R"("h")"},
                                                        {"number_of_processing_units", "6"},
                                                        {"physical_memory", "34359738368"},
                                                        {"max_number_of_tasks", "5"}}) {
    if (name == field && value.empty()) continue;
    out += (out.size() > 1 ? ", \"" : "\"") + name + "\":" + (name == field ? value : good);
  }
  return out + "}";
}

TEST(ServerInfo, ReadsEveryField) {
  const ServerInfoResult read = ReadInfo(Envelope(InfoWith("[" + LocaleWith() + "]")));
  EXPECT_EQ(read.error, "");
  EXPECT_THAT(read.skipped, IsEmpty());
  ASSERT_TRUE(read.info.identity);
  EXPECT_EQ(read.info.identity->hostname, "h");
  EXPECT_EQ(read.info.identity->version, "v");
  EXPECT_EQ(read.info.identity->number_of_locales, 3);
  ASSERT_THAT(read.info.locales, SizeIs(1));
  EXPECT_EQ(read.info.locales[0].id, "7");
  EXPECT_EQ(read.info.locales[0].name, "n");
  EXPECT_EQ(read.info.locales[0].hostname, "h");
  EXPECT_EQ(read.info.locales[0].processing_units, 6);
  EXPECT_EQ(read.info.locales[0].physical_memory, 34359738368);
  EXPECT_EQ(read.info.locales[0].max_tasks, 5);
}

TEST(ServerInfo, AnOddLocaleCostsItselfAlone) {
  std::vector<std::string> odd = {"5", "null", "[]", "\"text\"", "{}"};
  for (const char* field : {"name", "id", "hostname", "number_of_processing_units",
                            "physical_memory", "max_number_of_tasks"}) {
    for (const char* value : {"", "null", "{}", "[1]", "true"})
      odd.push_back(LocaleWith(field, value));
  }
  for (const char* number :
       {"3.435974e+10", "9223372036854775808", "18446744073709551616", "-1", "\"6\"", "nan"}) {
    odd.push_back(LocaleWith("physical_memory", number));
  }
  for (const char* id : {"7", "\"\"", "\"x\"", "\"-1\"", "\"1.5\""})
    odd.push_back(LocaleWith("id", id));
  for (const std::string& locale : odd) {
    const ServerInfoResult read = ReadInfo(
        Envelope(InfoWith("[" + LocaleWith() + ", " + locale + ", " + LocaleWith() + "]")));
    EXPECT_EQ(read.error, "") << locale;
    EXPECT_THAT(read.skipped, ElementsAre(SkipReason::kBadLocale)) << locale;
    EXPECT_THAT(read.info.locales, SizeIs(2)) << locale;
    EXPECT_TRUE(read.info.identity) << locale;
  }
}

TEST(ServerInfo, ABadByteCostsItsLocale) {
  std::string frame =
      Envelope(InfoWith("[" + LocaleWith("name", "\"@\"") + ", " + LocaleWith() + "]"));
  frame.replace(frame.find('@'), 1, "\xff");
  const ServerInfoResult read = ReadInfo(frame);
  EXPECT_THAT(read.skipped, ElementsAre(SkipReason::kBadEncoding));
  EXPECT_THAT(read.info.locales, SizeIs(1));
  EXPECT_TRUE(read.info.identity);
}

TEST(ServerInfo, ANameWithTheMarkIsGoodInAReplyThatNeedsNone) {
  const ServerInfoResult read =
      ReadInfo(Envelope(InfoWith("[" + LocaleWith("name", "\"a\x7f\"") + "]")));
  EXPECT_THAT(read.skipped, IsEmpty());
  ASSERT_THAT(read.info.locales, SizeIs(1));
  EXPECT_EQ(read.info.locales[0].name, "a\x7f");
  const ReadResult metrics = ReadMsg("[" + Entry("a\x7f", "NUM_REQUESTS", "GLOBAL", "1") + "]");
  EXPECT_THAT(metrics.names, ElementsAre("a\x7f"));
}

TEST(ServerInfo, ABadByteInTheIdentityCostsTheIdentity) {
  std::string frame = Envelope(InfoWith("[" + LocaleWith() + "]"));
  frame.replace(frame.find("\\\"v\\\"") + 2, 1, "\xff");
  const ServerInfoResult read = ReadInfo(frame);
  EXPECT_THAT(read.skipped, ElementsAre(SkipReason::kBadEncoding));
  EXPECT_FALSE(read.info.identity);
  EXPECT_THAT(read.info.locales, SizeIs(1));
}

TEST(ServerInfo, AnOddIdentityCostsItselfAlone) {
  const std::string locales = R"(, "locales":[)" + LocaleWith() + "]}";
  for (const auto& [identity, reason] : std::vector<std::pair<std::string, SkipReason>>{
           {R"("hostname":"h", "version":"v")", SkipReason::kMissingField},
           {R"("hostname":"h", "number_of_locales":1)", SkipReason::kMissingField},
           {R"("version":"v", "version":"w", "number_of_locales":1)", SkipReason::kMissingField},
           {R"("hostname":null, "version":"v", "number_of_locales":1)", SkipReason::kWrongType},
           {R"("hostname":"h", "version":2024, "number_of_locales":1)", SkipReason::kWrongType},
           {R"("hostname":"h", "version":"v", "number_of_locales":"1")", SkipReason::kWrongType},
           {R"("hostname":"h", "version":"v", "number_of_locales":1.5)", SkipReason::kWrongType},
           {R"("hostname":"h", "version":"v", "number_of_locales":-1)", SkipReason::kWrongType}}) {
    const ServerInfoResult read = ReadInfo(Envelope("{" + identity + locales));
    EXPECT_EQ(read.error, "") << identity;
    EXPECT_THAT(read.skipped, ElementsAre(reason)) << identity;
    EXPECT_FALSE(read.info.identity) << identity;
    EXPECT_THAT(read.info.locales, SizeIs(1)) << identity;
  }
}

TEST(ServerInfo, LocalesThatAreNotThereOrNotAnArrayAreCounted) {
  EXPECT_THAT(ReadInfo(Envelope(InfoWith("5"))).skipped, ElementsAre(SkipReason::kWrongType));
  EXPECT_THAT(ReadInfo(Envelope(InfoWith("null"))).skipped, ElementsAre(SkipReason::kWrongType));
  const ServerInfoResult read =
      ReadInfo(Envelope(R"({"hostname":"h","version":"v","number_of_locales":1})"));
  EXPECT_THAT(read.skipped, ElementsAre(SkipReason::kMissingField));
  EXPECT_TRUE(read.info.identity);
}

TEST(ServerInfo, WhatIsNotAJsonObjectIsAnError) {
  for (const char* msg : {"", "[]", "null", "5", R"({"hostname":"h","version":"v","locales":[)",
                          R"({"hostname" "h"})", R"({"hostname":"h"} x)", R"({"locales":[1 2]})"}) {
    EXPECT_THAT(ReadInfo(Envelope(msg)).error, HasSubstr("the server information can't be read"))
        << msg;
  }
}

}  // namespace
}  // namespace arkouda_exporter
