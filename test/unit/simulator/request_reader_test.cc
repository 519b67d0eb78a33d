#include "test/simulator/request_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "common/metric.h"

namespace arkouda_simulator {
namespace {

using arkouda_exporter::MetricCategory;
using nlohmann::json;

constexpr std::array<Form, 3> kForms = {Form::k2022, Form::k2024, Form::k2026};

// The bytes of the protocol's description, as Arkouda's Python client sends them.
constexpr std::string_view kAll =
    R"({"user": "me", "token": "", "cmd": "metrics", "format": "STRING", )"
    R"("args": "[\"{\\\"key\\\": \\\"category\\\", \\\"objType\\\": \\\"VALUE\\\", )"
    R"(\\\"dtype\\\": \\\"str\\\", \\\"val\\\": \\\"ALL\\\"}\"]", "size": 1})";

json Argument(const std::string& category) {
  return {{"key", "category"}, {"objType", "VALUE"}, {"dtype", "str"}, {"val", category}};
}

json MetricsWith(const std::vector<json>& arguments) {
  json args = json::array();
  for (const json& argument : arguments) args.push_back(argument.dump());
  return {{"user", "me"},       {"token", ""},         {"cmd", "metrics"},
          {"format", "STRING"}, {"args", args.dump()}, {"size", arguments.size()}};
}

json Metrics(const std::string& category) { return MetricsWith({Argument(category)}); }

json WithoutArguments(const std::string& cmd) {
  return {{"user", "me"},       {"token", ""}, {"cmd", cmd},
          {"format", "STRING"}, {"args", ""},  {"size", -1}};
}

/// `object` with one field changed, or left out.
json With(json object, const std::string& key, json value) {
  object[key] = std::move(value);
  return object;
}
json Without(json object, const std::string& key) {
  object.erase(key);
  return object;
}

bool AreRefused(std::string_view bytes, Form form = Form::k2024) {
  return !ReadRequest(bytes, form).has_value();
}
bool IsRefused(const json& request, Form form = Form::k2024) {
  return AreRefused(request.dump(), form);
}

std::string Replaced(std::string_view what, std::string_view by) {
  std::string bytes(kAll);
  return bytes.replace(bytes.find(what), what.size(), by);
}

TEST(SimulatorRequestReaderTest, ReadsTheBytesOfYearsOfClientsInEveryForm) {
  for (const Form form : kForms) {
    const auto request = ReadRequest(kAll, form);
    ASSERT_TRUE(request) << request.error();
    EXPECT_EQ(request->kind, RequestKind::kAll);
    EXPECT_EQ(request->user, "me");
  }
}

TEST(SimulatorRequestReaderTest, ReadsEveryCommand) {
  EXPECT_EQ(ReadRequest(Metrics("SERVER_INFO").dump(), Form::k2024)->kind,
            RequestKind::kServerInfo);
  EXPECT_EQ(ReadRequest(WithoutArguments("connect").dump(), Form::k2024)->kind,
            RequestKind::kConnect);
  EXPECT_EQ(ReadRequest(WithoutArguments("getconfig").dump(), Form::k2024)->kind,
            RequestKind::kGetConfig);
  EXPECT_TRUE(IsRefused(WithoutArguments("shutdown")));
  EXPECT_TRUE(IsRefused(WithoutArguments("")));
}

TEST(SimulatorRequestReaderTest, AnswersForTheCategoriesOfItsForm) {
  const std::vector<std::tuple<std::string, MetricCategory, bool>> known = {
      {"NUM_REQUESTS", MetricCategory::kNumRequests, true},
      {"SYSTEM", MetricCategory::kSystem, true},
      {"SERVER", MetricCategory::kServer, true},
      {"AVG_RESPONSE_TIME", MetricCategory::kAvgResponseTime, false},
      {"TOTAL_RESPONSE_TIME", MetricCategory::kTotalResponseTime, false},
      {"TOTAL_MEMORY_USED", MetricCategory::kTotalMemoryUsed, false},
      {"NUM_ERRORS", MetricCategory::kNumErrors, false}};
  for (const auto& [name, category, is_in_2022] : known) {
    const auto request = ReadRequest(Metrics(name).dump(), Form::k2024);
    ASSERT_TRUE(request) << request.error();
    EXPECT_EQ(request->kind, RequestKind::kCategory);
    EXPECT_EQ(request->category, category);
    EXPECT_EQ(IsRefused(Metrics(name), Form::k2022), !is_in_2022) << name;
  }
}

TEST(SimulatorRequestReaderTest, RefusesEveryOtherCategory) {
  for (const Form form : kForms) {
    for (const char* const category :
         {"RESPONSE_TIME", "PER_USER_NUM_REQUESTS", "all", "ALL ", ""}) {
      EXPECT_TRUE(IsRefused(Metrics(category), form)) << category;
    }
  }
}

TEST(SimulatorRequestReaderTest, RefusesAFieldThatIsMissingOrOfAWrongType) {
  for (const Form form : kForms) {
    for (const char* const key : {"user", "token", "cmd", "format", "args", "size"}) {
      EXPECT_TRUE(IsRefused(Without(Metrics("ALL"), key), form)) << key;
      EXPECT_TRUE(IsRefused(With(Metrics("ALL"), key, nullptr), form)) << key;
      EXPECT_TRUE(IsRefused(With(Metrics("ALL"), key, json::array()), form)) << key;
    }
    for (const char* const key : {"user", "token", "cmd", "format", "args"}) {
      EXPECT_TRUE(IsRefused(With(Metrics("ALL"), key, 1), form)) << key;
    }
    for (const char* const key : {"key", "dtype", "val"}) {
      EXPECT_TRUE(IsRefused(MetricsWith({Without(Argument("ALL"), key)}), form)) << key;
      EXPECT_TRUE(IsRefused(MetricsWith({With(Argument("ALL"), key, 1)}), form)) << key;
    }
  }
}

TEST(SimulatorRequestReaderTest, RefusesASizeThatIsNoIntegerOrDisagreesWithArgs) {
  for (const json& size : {json("1"), json(1.0), json(true), json(0), json(2), json(-1),
                           json(UINT64_MAX), json(1e300)}) {
    EXPECT_TRUE(IsRefused(With(Metrics("ALL"), "size", size))) << size;
  }
  for (const json& size : {json(0), json(1), json(-2), json(UINT64_MAX)}) {
    EXPECT_TRUE(IsRefused(With(WithoutArguments("connect"), "size", size))) << size;
  }
  EXPECT_TRUE(AreRefused(Replaced(R"("size": 1)", R"("size": 1e0)")));
  EXPECT_TRUE(AreRefused(Replaced(R"("size": 1)", R"("size": 1e999)")));
}

TEST(SimulatorRequestReaderTest, RefusesArgsThatAreNoArrayOfArguments) {
  for (const char* const args : {"x", "[]", "{}", "[1]", R"(["x"])", R"(["[]"])", R"(["{}"])"}) {
    EXPECT_TRUE(IsRefused(With(Metrics("ALL"), "args", args))) << args;
    EXPECT_TRUE(IsRefused(With(With(Metrics("ALL"), "args", args), "size", -1))) << args;
    EXPECT_TRUE(IsRefused(With(With(Metrics("ALL"), "args", args), "size", 0))) << args;
  }
}

TEST(SimulatorRequestReaderTest, TakesNoArgumentsInOneSpellingOnly) {
  const json connect = WithoutArguments("connect");
  EXPECT_FALSE(IsRefused(connect));
  EXPECT_TRUE(IsRefused(With(With(connect, "args", "[]"), "size", 0)));
  EXPECT_TRUE(IsRefused(With(connect, "args", "[]")));
}

TEST(SimulatorRequestReaderTest, RefusesAFormatOtherThanString) {
  EXPECT_TRUE(IsRefused(With(Metrics("ALL"), "format", "BINARY")));
  EXPECT_TRUE(IsRefused(With(Metrics("ALL"), "format", "")));
}

TEST(SimulatorRequestReaderTest, RefusesANumberOfArgumentsThatTheCommandDoesNotTake) {
  EXPECT_TRUE(IsRefused(WithoutArguments("metrics")));
  EXPECT_TRUE(IsRefused(MetricsWith({Argument("ALL"), Argument("ALL")})));
  EXPECT_TRUE(IsRefused(With(Metrics("ALL"), "cmd", "connect")));
  EXPECT_TRUE(IsRefused(With(Metrics("ALL"), "cmd", "getconfig")));
  EXPECT_TRUE(IsRefused(MetricsWith({With(Argument("ALL"), "key", "metric")})));
}

TEST(SimulatorRequestReaderTest, RequiresObjTypeInTheFormsThatKnowIt) {
  const json without = MetricsWith({Without(Argument("ALL"), "objType")});
  EXPECT_TRUE(IsRefused(without, Form::k2022));
  EXPECT_TRUE(IsRefused(without, Form::k2024));
  EXPECT_FALSE(IsRefused(without, Form::k2026));

  const json wrong = MetricsWith({With(Argument("ALL"), "objType", "NOTHING")});
  EXPECT_TRUE(IsRefused(wrong, Form::k2024));
  EXPECT_FALSE(IsRefused(wrong, Form::k2026));
}

TEST(SimulatorRequestReaderTest, OnlyTheLatestFormPassesOverUnknownFields) {
  const json nested = {{"more", {1, 2, {{"deep", nullptr}}}}};
  for (const json& request : {With(Metrics("ALL"), "more", nested),
                              MetricsWith({With(Argument("ALL"), "more", nested)})}) {
    EXPECT_TRUE(IsRefused(request, Form::k2022));
    EXPECT_TRUE(IsRefused(request, Form::k2024));
    EXPECT_FALSE(IsRefused(request, Form::k2026));
  }
}

TEST(SimulatorRequestReaderTest, RefusesAKeyThatIsThereTwice) {
  const std::string bytes(kAll.substr(0, kAll.size() - 1));
  for (const Form form : kForms) {
    EXPECT_TRUE(AreRefused(bytes + R"(, "size": 1})", form));
    EXPECT_TRUE(AreRefused(bytes + R"(, "user": "me"})", form));
    EXPECT_TRUE(AreRefused(bytes + R"(, "more": {"a": 1, "a": 1}})", form));
  }
  EXPECT_FALSE(AreRefused(bytes + R"(, "more": [{"a": 1}, {"a": 1}]})", Form::k2026));
  const std::string twice =
      R"(["{\"key\":\"category\",\"objType\":\"VALUE\",\"dtype\":\"str\",\"val\":\"ALL\",)"
      R"(\"val\":\"ALL\"}"])";
  EXPECT_TRUE(IsRefused(With(Metrics("ALL"), "args", twice)));
}

TEST(SimulatorRequestReaderTest, RefusesBytesBeforeAndBehindTheObject) {
  using namespace std::string_literals;
  const std::string bytes(kAll);
  for (const Form form : kForms) {
    for (const std::string& more :
         {" "s, "\n"s, "\0"s, "x"s, "{}"s, "\0}"s, bytes, "\xef\xbb\xbf"s}) {
      EXPECT_TRUE(AreRefused(bytes + more, form));
      EXPECT_TRUE(AreRefused(more + bytes, form));
    }
  }
}

TEST(SimulatorRequestReaderTest, RefusesWhatIsNoJsonObject) {
  for (const char* const bytes : {"", "x", "[]", "null", "\"\"", "{", "{}", "{\"user\"}"}) {
    EXPECT_TRUE(AreRefused(bytes)) << bytes;
  }
  EXPECT_TRUE(AreRefused(Replaced(R"({"user")", R"({/**/"user")")));
  EXPECT_TRUE(AreRefused(Replaced(R"("size": 1)", R"("size": 01)")));
  EXPECT_TRUE(AreRefused(Replaced(R"("size": 1)", R"("size": 1,)")));
}

TEST(SimulatorRequestReaderTest, RefusesTextThatIsNoUtf8OrHoldsANul) {
  EXPECT_TRUE(AreRefused(Replaced("me", "\xff")));
  EXPECT_TRUE(AreRefused(Replaced("me", "\xc0\xaf")));
  EXPECT_TRUE(AreRefused(Replaced("me", "a\nb")));
  EXPECT_TRUE(AreRefused(Replaced("me", R"(\u0000)")));
  EXPECT_TRUE(AreRefused(Replaced("me", R"(\ud800)")));
  EXPECT_FALSE(AreRefused(Replaced("me", "d\u00e9j\u00e0 \\u00e9\\n\\\"")));
}

TEST(SimulatorRequestReaderTest, SurvivesAnyDepth) {
  constexpr std::size_t kDepth = 100'000;
  const std::string bytes(kAll.substr(0, kAll.size() - 1));
  const std::string deep = std::string(kDepth, '[') + std::string(kDepth, ']');
  EXPECT_FALSE(AreRefused(bytes + R"(, "more": )" + deep + "}", Form::k2026));
  EXPECT_TRUE(AreRefused(bytes + R"(, "more": )" + deep + "}", Form::k2024));
}

TEST(SimulatorRequestReaderTest, SaysWhatIsWrongInOneLineWithoutTheRequestsBytes) {
  EXPECT_EQ(ReadRequest(Without(Metrics("ALL"), "token").dump(), Form::k2024).error(),
            "the request has no field token");
  EXPECT_EQ(ReadRequest(With(Metrics("ALL"), "size", 2).dump(), Form::k2024).error(),
            "size is 2 where args holds 1");
  EXPECT_EQ(ReadRequest(Metrics("PER_USER_NUM_REQUESTS").dump(), Form::k2024).error(),
            "there is no such category");
}

}  // namespace
}  // namespace arkouda_simulator
