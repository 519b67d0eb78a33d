#include "test/simulator/request_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <vector>

#include "common/quote.h"

namespace arkouda_simulator {
namespace {

using arkouda_exporter::MetricCategory;
using nlohmann::json;

using Checked = tl::expected<void, std::string>;
template <typename... Args>
tl::unexpected<std::string> Refuse(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected(fmt::format(format, std::forward<Args>(args)...));
}

constexpr std::array<std::string_view, 5> kRequestStrings = {"user", "token", "cmd", "format",
                                                             "args"};
// objType is last: the 2026 form does without it.
constexpr std::array<std::string_view, 4> kArgumentStrings = {"key", "dtype", "val", "objType"};

// nlohmann/json is used as a parser only. What it lets pass (a byte order mark, white space around
// the value, a NUL as the end of the text, one key twice) is refused here.
tl::expected<json, std::string> Parse(std::string_view text, std::string_view what, char first,
                                      char last) {
  if (text.empty() || text.front() != first || text.back() != last) {
    return Refuse("{} does not begin with {} and end with {}", what, first, last);
  }
  if (text.find('\0') != std::string_view::npos) return Refuse("{} holds a NUL", what);

  std::vector<std::set<std::string>> keys_of_open_objects;
  bool has_duplicate_key = false;
  const auto on_event = [&](int /*depth*/, json::parse_event_t event, const json& value) {
    if (event == json::parse_event_t::object_start) keys_of_open_objects.emplace_back();
    if (event == json::parse_event_t::object_end) keys_of_open_objects.pop_back();
    if (event == json::parse_event_t::key) {
      const bool is_new = keys_of_open_objects.back().insert(value.get<std::string>()).second;
      has_duplicate_key = has_duplicate_key || !is_new;
    }
    return true;
  };
  try {
    json value = json::parse(text.begin(), text.end(), on_event);
    if (has_duplicate_key) return Refuse("{} holds a key twice", what);
    return value;
  } catch (const json::parse_error& error) {
    return Refuse("{} is not JSON from byte {} on", what, error.byte);
  } catch (const json::exception&) {
    return Refuse("{} holds a number out of range", what);
  }
}

Checked CheckStrings(const json& object, std::string_view what,
                     std::span<const std::string_view> keys) {
  for (const std::string_view key : keys) {
    const auto field = object.find(key);
    if (field == object.end()) return Refuse("{} has no field {}", what, key);
    if (!field->is_string()) return Refuse("{}'s field {} is not a string", what, key);
    if (field->get_ref<const std::string&>().find('\0') != std::string::npos) {
      return Refuse("{}'s field {} holds a NUL", what, key);
    }
  }
  return {};
}

// `size` as a number that `args` can agree with: a float or a number beyond 64 bits is none.
tl::expected<std::int64_t, std::string> ReadSize(const json& object) {
  const auto field = object.find("size");
  if (field == object.end()) return Refuse("the request has no field size");
  const bool is_too_large =
      field->is_number_unsigned() && field->get<std::uint64_t>() > std::uint64_t{INT64_MAX};
  if (!field->is_number_integer() || is_too_large) {
    return Refuse("the request's field size is not an integer");
  }
  return field->get<std::int64_t>();
}

struct Argument {
  std::string key;
  std::string val;
};

tl::expected<Argument, std::string> ReadArgument(const json& element, Form form) {
  if (!element.is_string()) return Refuse("an element of args is not a string");
  const auto object = Parse(element.get_ref<const std::string&>(), "an argument", '{', '}');
  if (!object) return tl::unexpected(object.error());

  std::span<const std::string_view> keys = kArgumentStrings;
  if (form == Form::k2026) keys = keys.first(keys.size() - 1);
  if (const auto checked = CheckStrings(*object, "an argument", keys); !checked) {
    return tl::unexpected(checked.error());
  }
  if (form != Form::k2026) {
    if (object->size() != keys.size()) return Refuse("an argument has an unknown field");
    if (object->at("objType") != "VALUE") return Refuse("an argument's objType is not VALUE");
  }
  return Argument{.key = object->at("key"), .val = object->at("val")};
}

tl::expected<std::vector<Argument>, std::string> ReadArguments(const std::string& args,
                                                               std::int64_t size, Form form) {
  std::vector<Argument> arguments;
  if (args.empty()) {
    if (size != -1) return Refuse("size is {} where args is empty, expected -1", size);
    return arguments;
  }
  const auto array = Parse(args, "args", '[', ']');
  if (!array) return tl::unexpected(array.error());
  if (array->empty()) return Refuse("args is an empty array, expected an empty string");
  if (static_cast<std::int64_t>(array->size()) != size) {
    return Refuse("size is {} where args holds {}", size, array->size());
  }
  for (const json& element : *array) {
    auto argument = ReadArgument(element, form);
    if (!argument) return tl::unexpected(std::move(argument.error()));
    arguments.push_back(*std::move(argument));
  }
  return arguments;
}

// RESPONSE_TIME is a category of entries that can't be asked for in any form.
bool CanAskFor(MetricCategory category, Form form) {
  switch (category) {
    case MetricCategory::kNumRequests:
    case MetricCategory::kSystem:
    case MetricCategory::kServer:
      return true;
    case MetricCategory::kAvgResponseTime:
    case MetricCategory::kTotalResponseTime:
    case MetricCategory::kTotalMemoryUsed:
    case MetricCategory::kNumErrors:
      return form != Form::k2022;
    case MetricCategory::kResponseTime:
      break;
  }
  return false;
}

tl::expected<Request, std::string> ReadMetricsRequest(const std::vector<Argument>& arguments,
                                                      Form form) {
  if (arguments.size() != 1) return Refuse("metrics takes one argument, not {}", arguments.size());
  if (arguments.front().key != "category") return Refuse("metrics' argument is not category");

  const std::string& val = arguments.front().val;
  Request request;
  if (val == "ALL") return request;
  if (val == "SERVER_INFO") {
    request.kind = RequestKind::kServerInfo;
    return request;
  }
  const auto& names = arkouda_exporter::kCategoryNames;
  const auto* const name = std::find(names.begin(), names.end(), val);
  if (name == names.end()) return Refuse("there is no such category");
  request.kind = RequestKind::kCategory;
  request.category = static_cast<MetricCategory>(name - names.begin());
  if (!CanAskFor(request.category, form)) return Refuse("{} can't be asked for", *name);
  return request;
}

}  // namespace

tl::expected<Request, std::string> ReadRequest(std::string_view bytes, Form form) {
  if (!arkouda_exporter::IsUtf8(bytes)) return Refuse("the request is not UTF-8");
  const auto object = Parse(bytes, "the request", '{', '}');
  if (!object) return tl::unexpected(object.error());
  if (const auto checked = CheckStrings(*object, "the request", kRequestStrings); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto size = ReadSize(*object);
  if (!size) return tl::unexpected(size.error());
  if (form != Form::k2026 && object->size() != kRequestStrings.size() + 1) {
    return Refuse("the request has an unknown field");
  }
  if (object->at("format") != "STRING") return Refuse("the request's format is not STRING");
  const auto arguments = ReadArguments(object->at("args"), *size, form);
  if (!arguments) return tl::unexpected(arguments.error());

  tl::expected<Request, std::string> request;
  const std::string cmd = object->at("cmd");
  if (cmd == "metrics") {
    request = ReadMetricsRequest(*arguments, form);
  } else if (cmd != "connect" && cmd != "getconfig") {
    return Refuse("there is no such cmd");
  } else if (!arguments->empty()) {
    return Refuse("{} takes no arguments", cmd);
  } else {
    request->kind = cmd == "connect" ? RequestKind::kConnect : RequestKind::kGetConfig;
  }
  if (request) request->user = object->at("user");
  return request;
}

}  // namespace arkouda_simulator
