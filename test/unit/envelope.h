#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "exporter/arkouda/decode.h"

namespace arkouda_exporter::testing {

/// A reply as Arkouda sends it, with `msg` in it.
inline std::string Envelope(std::string_view msg, std::string_view type = "NORMAL") {
  return nlohmann::json{{"msg", std::string(msg)},
                        {"msgType", std::string(type)},
                        {"msgFormat", "STRING"},
                        {"user", "me"}}
      .dump();
}

/// The frames of a reply.
inline Frames ToFrames(const std::vector<std::string>& texts) {
  Frames frames;
  for (const std::string& text : texts) frames.emplace_back(text.data(), text.size());
  return frames;
}

/// An entry of an ALL reply, as Chapel writes it.
inline std::string Entry(std::string_view name, std::string_view category, std::string_view scope,
                         std::string_view value, std::string_view extra = "") {
  std::string out = R"({"name":)" + nlohmann::json(std::string(name)).dump();
  out.append(R"(, "category":")").append(category);
  out.append(R"(", "scope":")").append(scope);
  out.append(R"(", "timestamp":"2024-04-19T12:00:00.000001", "value":)").append(value);
  return out.append(extra).append("}");
}

inline constexpr std::string_view kLocaleFields =
    R"(, "locale_num":3, "locale_name":"node3", "locale_hostname":"node3.cluster")";
inline constexpr std::string_view kUserField = R"(, "user":"alice")";

}  // namespace arkouda_exporter::testing
