#include "exporter/reply.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "common/quote.h"

namespace arkouda_exporter {
namespace {

namespace ondemand = simdjson::ondemand;

ReplyError Invalid(std::string_view what, std::string_view bytes) {
  std::string reason(what);
  reason += bytes.empty() ? ": it is empty" : ": " + Excerpt(bytes);
  return {.result = PollResult::kInvalidReply, .reason = std::move(reason)};
}

// Bytes with room behind them, as simdjson demands, and in front of them, for unescaping
// in place.
struct PaddedBuffer {
  explicit PaddedBuffer(std::string_view bytes)
      : capacity(bytes.size() + 2 * simdjson::SIMDJSON_PADDING),
        data(std::make_unique_for_overwrite<char[]>(capacity)),
        text(data.get() + simdjson::SIMDJSON_PADDING) {
    std::memcpy(text, bytes.data(), bytes.size());
    std::memset(text + bytes.size(), 0, simdjson::SIMDJSON_PADDING);
  }
  std::size_t capacity;
  std::unique_ptr<char[]> data;
  char* text;
};

template <typename Names>
std::optional<std::size_t> IndexIn(const Names& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

// A token as simdjson hands it over reaches to the next one.
std::string_view Trimmed(std::string_view token) {
  while (!token.empty() && static_cast<unsigned char>(token.back()) <= ' ') token.remove_suffix(1);
  return token;
}

// Chapel writes a real with %er, so nan, inf and -inf stand there bare. simdjson hands the token
// over unparsed; from_chars reads all of these, rounds correctly, and knows no locale.
std::optional<double> ParseReal(std::string_view token) {
  token = Trimmed(token);
  double value = 0;
  const char* const end = token.data() + token.size();
  const auto [rest, error] = std::from_chars(token.data(), end, value);
  if (error != std::errc() || rest != end || token.empty()) return std::nullopt;
  return value;
}

// Whether nothing but white space stands behind the value that was read.
bool IsAtEnd(ondemand::document& document) {
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

// The text from `start` to where the document has been read.
std::string_view TextFrom(const char* start, ondemand::document& document, const ReplyText& reply) {
  const char* end = nullptr;
  if (document.current_location().get(end) != simdjson::SUCCESS) {
    end = reply.text().data() + reply.text().size();
  }
  while (end > start && end[-1] != '}') --end;  // white space and a comma may stand behind it
  return {start, static_cast<std::size_t>(end - start)};
}

enum Field : unsigned {
  kName = 1U << 0U,
  kCategory = 1U << 1U,
  kScope = 1U << 2U,
  kTimestamp = 1U << 3U,
  kValue = 1U << 4U,
  kLocaleNum = 1U << 5U,
  kLocaleName = 1U << 6U,
  kLocaleHostname = 1U << 7U,
  kUser = 1U << 8U,
};

constexpr unsigned kCommonFields = kName | kCategory | kScope | kTimestamp | kValue;
constexpr std::array<unsigned, kScopeNames.size()> kFieldsByScope = {
    kCommonFields, kCommonFields | kLocaleNum | kLocaleName | kLocaleHostname,
    kCommonFields | kUser};

// One entry while its fields are read. A fault is remembered, not acted upon, so that the iterator
// always walks to the entry's end.
class Entry {
 public:
  // An error of the JSON itself, as opposed to one of the entry.
  simdjson::error_code Read(ondemand::object object) {
    for (auto field : object) {
      ondemand::raw_json_string key;
      if (const auto error = field.key().get(key)) return error;
      ondemand::value value;
      if (const auto error = field.value().get(value)) return error;
      ReadField(key, value);
    }
    return simdjson::SUCCESS;
  }

  std::optional<SkipReason> Fault() const {
    if (wrong_type_) return SkipReason::kWrongType;
    if ((seen_ & kCommonFields) != kCommonFields) return SkipReason::kMissingField;
    if (!category_) return SkipReason::kUnknownCategory;
    if (!scope_) return SkipReason::kUnknownScope;
    const unsigned needed = kFieldsByScope[*scope_];
    if ((seen_ & needed) != needed) return SkipReason::kMissingField;
    if (!value_) return SkipReason::kBadValue;
    return std::nullopt;
  }

  // Only without a Fault.
  Metric Take() {
    metric_.category = static_cast<MetricCategory>(*category_);
    metric_.scope = static_cast<MetricScope>(*scope_);
    metric_.value = *value_;
    return metric_;
  }

 private:
  void ReadField(ondemand::raw_json_string key, ondemand::value value) {
    std::string_view text;
    if (key == "name") {
      ReadString(value, kName, metric_.name);
    } else if (key == "category") {
      if (ReadString(value, kCategory, text)) category_ = IndexIn(kCategoryNames, text);
    } else if (key == "scope") {
      if (ReadString(value, kScope, text)) scope_ = IndexIn(kScopeNames, text);
    } else if (key == "timestamp") {
      ReadString(value, kTimestamp, metric_.timestamp);
    } else if (key == "value") {
      seen_ |= kValue;
      value_ = ParseReal(value.raw_json_token());
    } else if (key == "locale_num") {
      seen_ |= kLocaleNum;
      wrong_type_ |= value.get_int64().get(metric_.locale_num) != simdjson::SUCCESS;
    } else if (key == "locale_name") {
      ReadString(value, kLocaleName, metric_.locale_name);
    } else if (key == "locale_hostname") {
      ReadString(value, kLocaleHostname, metric_.locale_hostname);
    } else if (key == "user") {
      ReadString(value, kUser, metric_.user);
    }
  }

  bool ReadString(ondemand::value value, Field field, std::string_view& out) {
    seen_ |= field;
    // Almost no string has an escape: it is looked at where it stands. simdjson copies every one.
    std::string_view token = Trimmed(value.raw_json_token());
    if (token.size() >= 2 && token.front() == '"' && token.back() == '"' &&
        token.find('\\') == std::string_view::npos) {
      out = token.substr(1, token.size() - 2);
      return true;
    }
    const bool ok = value.get_string().get(out) == simdjson::SUCCESS;
    wrong_type_ |= !ok;
    return ok;
  }

  Metric metric_;
  unsigned seen_ = 0;
  bool wrong_type_ = false;
  std::optional<std::size_t> category_;
  std::optional<std::size_t> scope_;
  std::optional<double> value_;
};

}  // namespace

tl::expected<ReplyText, ReplyError> ReplyText::FromEnvelope(std::string_view frame) {
  PaddedBuffer buffer(frame);
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object envelope;
  if (parser.iterate(buffer.text, frame.size(), frame.size() + simdjson::SIMDJSON_PADDING)
              .get(document) != simdjson::SUCCESS ||
      document.get_object().get(envelope) != simdjson::SUCCESS) {
    return tl::unexpected(Invalid("the reply is no JSON object", frame));
  }

  std::string_view msg;
  std::string_view type;
  bool has_msg = false;
  bool has_type = false;
  for (auto field : envelope) {
    ondemand::raw_json_string key;
    if (field.key().get(key) != simdjson::SUCCESS) break;
    if (key == "msg") {
      // The text is unescaped in place: a second buffer of its size, and the copying, would be
      // most of what this function costs. simdjson writes at most its padding further than the
      // text has come, which is never longer than what was read of it: so it never gets ahead of
      // what is still to be read.
      ondemand::raw_json_string raw;
      auto* to = reinterpret_cast<std::uint8_t*>(buffer.data.get());
      has_msg = field.value().get_raw_json_string().get(raw) == simdjson::SUCCESS &&
                parser.unescape(raw, to).get(msg) == simdjson::SUCCESS;
    } else if (key == "msgType") {
      has_type = field.value().get_string().get(type) == simdjson::SUCCESS;
    }
  }
  if (!has_msg || !has_type || !IsAtEnd(document)) {
    return tl::unexpected(
        Invalid("the reply is no JSON object with the strings msg and msgType", frame));
  }
  if (type == "ERROR") {
    return tl::unexpected(ReplyError{.result = PollResult::kErrorReply,
                                     .reason = "Arkouda answered with an error: " + Excerpt(msg)});
  }
  if (type != "NORMAL" && type != "WARNING") {
    return tl::unexpected(Invalid("the reply has an unknown msgType", frame));
  }

  std::memset(buffer.data.get() + msg.size(), 0, simdjson::SIMDJSON_PADDING);
  ReplyText reply;
  reply.buffer_ = std::move(buffer.data);
  reply.size_ = msg.size();
  reply.capacity_ = buffer.capacity;
  return reply;
}

tl::expected<void, ReplyError> ReadMetrics(const ReplyText& reply, const EntryHandlers& handlers) {
  const auto not_an_array = [&] {
    return tl::unexpected(Invalid("the metrics are no JSON array", reply.text()));
  };
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array array;
  if (parser.iterate(reply.text().data(), reply.text().size(), reply.capacity()).get(document) !=
          simdjson::SUCCESS ||
      document.get_array().get(array) != simdjson::SUCCESS) {
    return not_an_array();
  }
  for (auto element : array) {
    ondemand::value value;
    ondemand::object object;
    if (element.get(value) != simdjson::SUCCESS) return not_an_array();
    const char* const start = value.raw_json_token().data();
    if (value.get_object().get(object) != simdjson::SUCCESS) {
      handlers.on_skipped(SkipReason::kNotAnObject, value.raw_json_token());
      continue;
    }
    Entry entry;
    if (entry.Read(object) != simdjson::SUCCESS) return not_an_array();
    if (const auto fault = entry.Fault()) {
      handlers.on_skipped(*fault, TextFrom(start, document, reply));
    } else {
      handlers.on_metric(entry.Take());
    }
  }
  if (!IsAtEnd(document)) return not_an_array();
  return {};
}

tl::expected<ServerInfo, ReplyError> ReadServerInfo(const ReplyText& reply) {
  const auto not_server_info = [&](simdjson::error_code error) {
    return tl::unexpected(Invalid(std::string("the server information can't be read (") +
                                      simdjson::error_message(error) + ")",
                                  reply.text()));
  };
  try {
    ondemand::parser parser;
    ondemand::document document =
        parser.iterate(reply.text().data(), reply.text().size(), reply.capacity());
    ServerInfo info;
    info.hostname = std::string_view(document["hostname"]);
    info.version = std::string_view(document["version"]);
    for (ondemand::object object : document["locales"]) {
      LocaleInfo& locale = info.locales.emplace_back();
      locale.id = std::string_view(object["id"]);
      locale.name = std::string_view(object["name"]);
      locale.hostname = std::string_view(object["hostname"]);
      locale.processing_units = object["number_of_processing_units"];
      locale.physical_memory = object["physical_memory"];
      locale.max_tasks = object["max_number_of_tasks"];
    }
    info.number_of_locales = document["number_of_locales"];
    return info;
  } catch (const simdjson::simdjson_error& error) {
    return not_server_info(error.error());
  }
}

}  // namespace arkouda_exporter
