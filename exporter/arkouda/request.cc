#include "exporter/arkouda/request.h"

#include <algorithm>
#include <cassert>

#include "common/quote.h"

namespace arkouda_exporter {
namespace {

// `objType` is required by servers up to v2024.06 and passed over by later ones: always sent.
// The fields stand in the order of Arkouda's client.py, with json.dumps' separators.
std::string Build(std::string_view user, std::string_view token, std::string_view category) {
  std::string out;
  out.append(R"({"user": ")").append(user);
  out.append(R"(", "token": ")").append(token);
  out.append(R"(", "cmd": "metrics", "format": "STRING", "args": "[\"{)");
  out.append(R"(\\\"key\\\": \\\"category\\\", \\\"objType\\\": \\\"VALUE\\\", )");
  out.append(R"(\\\"dtype\\\": \\\"str\\\", \\\"val\\\": \\\")").append(category);
  out.append(R"(\\\"}\"]", "size": 1})");
  return out;
}

}  // namespace

Requests::Requests(std::string_view user, std::string_view token)
    : all_(Build(user, token, "ALL")), server_info_(Build(user, token, "SERVER_INFO")) {
  assert(IsSendable(user) && IsSendable(token));
}

bool Requests::IsSendable(std::string_view text) {
  return IsUtf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
         });
}

}  // namespace arkouda_exporter
