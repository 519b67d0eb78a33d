#include "exporter/arkouda/request.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace arkouda_exporter {
namespace {

TEST(Requests, AreByteForByteWhatArkoudasPythonClientSends) {
  const Requests requests("me", "");
  EXPECT_EQ(requests.Bytes(RequestKind::kAll),
            R"({"user": "me", "token": "", "cmd": "metrics", "format": "STRING", )"
            R"("args": "[\"{\\\"key\\\": \\\"category\\\", \\\"objType\\\": \\\"VALUE\\\", )"
            R"(\\\"dtype\\\": \\\"str\\\", \\\"val\\\": \\\"ALL\\\"}\"]", "size": 1})");
  EXPECT_EQ(requests.Bytes(RequestKind::kServerInfo),
            R"({"user": "me", "token": "", "cmd": "metrics", "format": "STRING", )"
            R"("args": "[\"{\\\"key\\\": \\\"category\\\", \\\"objType\\\": \\\"VALUE\\\", )"
            R"(\\\"dtype\\\": \\\"str\\\", \\\"val\\\": \\\"SERVER_INFO\\\"}\"]", "size": 1})");
}

TEST(Requests, CarryUserAndToken) {
  const Requests requests("Zo\xc3\xab", "s3cret/+=");
  const auto json = nlohmann::json::parse(requests.Bytes(RequestKind::kAll));
  EXPECT_EQ(json["user"], "Zo\xc3\xab");
  EXPECT_EQ(json["token"], "s3cret/+=");
}

TEST(Requests, RefuseWhatJsonWouldHaveToEscape) {
  EXPECT_TRUE(Requests::IsSendable(""));
  EXPECT_TRUE(Requests::IsSendable("a b/c'd\xc3\xa9"));
  for (const std::string_view text :
       {std::string_view("a\"b"), std::string_view("a\\b"), std::string_view("a\nb"),
        std::string_view("a\0b", 3), std::string_view("a\x1f"), std::string_view("\xff")}) {
    EXPECT_FALSE(Requests::IsSendable(text));
  }
}

}  // namespace
}  // namespace arkouda_exporter
