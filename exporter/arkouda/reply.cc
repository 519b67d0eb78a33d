#include "exporter/arkouda/reply.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "common/quote.h"
#include "exporter/arkouda/bad_encoding.h"

namespace arkouda_exporter {

ReplyError OutOfMemory(std::size_t bytes) {
  return {.result = PollResult::kOutOfMemory,
          .reason = "not enough memory for a reply of " + std::to_string(bytes) + " bytes"};
}

namespace {

namespace ondemand = simdjson::ondemand;

// simdjson's errors for text that is not UTF-8 or has bare control characters in its strings: it
// refuses all of it then.
bool IsEncodingError(simdjson::error_code error) {
  return error == simdjson::UTF8_ERROR || error == simdjson::UNESCAPED_CHARS;
}

ReplyError Invalid(simdjson::error_code error, std::string_view what, std::string_view bytes) {
  if (error == simdjson::MEMALLOC) return OutOfMemory(bytes.size());
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

// Starts reading the text of a reply. What of it JSON can't have is marked first.
simdjson::error_code Iterate(ondemand::parser& parser, ReplyText& reply,
                             ondemand::document& document) {
  const auto iterate = [&] {
    return parser.iterate(reply.text().data(), reply.text().size(), reply.capacity()).get(document);
  };
  const simdjson::error_code error = iterate();
  if (!IsEncodingError(error)) return error;
  reply.MarkBadEncoding();
  return iterate();
}

// Calls `on_field` with the key and the value of each field of an object, until there is an error
// of the JSON itself, or one that it returns.
template <typename OnField>
simdjson::error_code ForEachField(ondemand::object& object, const OnField& on_field) {
  for (auto field : object) {
    ondemand::raw_json_string key;
    if (const auto error = field.key().get(key)) return error;
    ondemand::value value;
    if (const auto error = field.value().get(value)) return error;
    if (const auto error = on_field(key, value)) return error;
  }
  return simdjson::SUCCESS;
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
    return ForEachField(object, [this](ondemand::raw_json_string key, ondemand::value value) {
      ReadField(key, value);
      return simdjson::SUCCESS;
    });
  }

  std::optional<SkipReason> Fault() const {
    if (bad_encoding_) return SkipReason::kBadEncoding;
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
    // A string whose escapes make no text, such as half a surrogate.
    bad_encoding_ |= !ok && token.starts_with('"');
    wrong_type_ |= !ok;
    return ok;
  }

  Metric metric_;
  unsigned seen_ = 0;
  bool bad_encoding_ = false;
  bool wrong_type_ = false;
  std::optional<std::size_t> category_;
  std::optional<std::size_t> scope_;
  std::optional<double> value_;
};

// Reads one SERVER_INFO reply. As with an Entry, faults of its parts are remembered and errors of
// the JSON itself returned.
class ServerInfoReader {
 public:
  ServerInfoReader(ReplyText& reply, const OnSkipped& on_skipped)
      : reply_(reply), on_skipped_(on_skipped) {}

  simdjson::error_code Read() {
    if (const auto error = Iterate(parser_, reply_, document_)) return error;
    ondemand::object object;
    if (const auto error = document_.get_object().get(object)) return error;
    const auto read_field = [this](ondemand::raw_json_string key, ondemand::value value) {
      if (key == "locales") return ReadLocales(value);
      if (key == "hostname") {
        identity_.Read(kHostname, value, identity_.value.hostname);
      } else if (key == "version") {
        identity_.Read(kVersion, value, identity_.value.version);
      } else if (key == "number_of_locales") {
        identity_.Read(kNumberOfLocales, value, identity_.value.number_of_locales);
      }
      return simdjson::SUCCESS;
    };
    if (const auto error = ForEachField(object, read_field)) return error;
    if (!IsAtEnd(document_)) return simdjson::TRAILING_CONTENT;
    if (!has_locales_) on_skipped_(SkipReason::kMissingField, reply_.text());
    const auto& [hostname, version, number_of_locales] = identity_.value;
    const bool is_odd =
        reply_.is_marked() && (HasBadEncodingMark(hostname) || HasBadEncodingMark(version));
    if (const auto fault = is_odd ? SkipReason::kBadEncoding : identity_.Fault()) {
      on_skipped_(*fault, reply_.text());
    } else {
      info_.identity = std::move(identity_.value);
    }
    return simdjson::SUCCESS;
  }

  ServerInfo Take() { return std::move(info_); }

 private:
  enum Bit : unsigned {
    kHostname = 1U << 0U,
    kVersion = 1U << 1U,
    kNumberOfLocales = 1U << 2U,
    kId = 1U << 3U,
    kNameOfLocale = 1U << 4U,
    kProcessingUnits = 1U << 5U,
    kPhysicalMemory = 1U << 6U,
    kMaxTasks = 1U << 7U,
  };

  // Fields that are of use together only.
  template <typename Value, unsigned kAll>
  struct Fields {
    Value value;
    unsigned seen = 0;
    bool is_wrong_type = false;
    bool has_bad_encoding = false;

    void Read(unsigned field, ondemand::value json, std::string& out) {
      std::string_view text;
      seen |= field;
      const auto error = json.get_string().get(text);
      has_bad_encoding |= error == simdjson::STRING_ERROR;  // such as half a surrogate
      is_wrong_type |= error != simdjson::SUCCESS;
      out = text;
    }
    // None of the numbers of SERVER_INFO can be negative.
    void Read(unsigned field, ondemand::value json, std::int64_t& out) {
      seen |= field;
      is_wrong_type |= json.get_int64().get(out) != simdjson::SUCCESS || out < 0;
    }
    std::optional<SkipReason> Fault() const {
      if (has_bad_encoding) return SkipReason::kBadEncoding;
      if (is_wrong_type) return SkipReason::kWrongType;
      if (seen != kAll) return SkipReason::kMissingField;
      return std::nullopt;
    }
  };

  simdjson::error_code ReadLocales(ondemand::value value) {
    has_locales_ = true;
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) {
      on_skipped_(SkipReason::kWrongType, Trimmed(value.raw_json_token()));
      return simdjson::SUCCESS;
    }
    for (auto element : array) {
      ondemand::value locale;
      if (const auto error = element.get(locale)) return error;
      if (const auto error = ReadLocale(locale)) return error;
    }
    return simdjson::SUCCESS;
  }

  simdjson::error_code ReadLocale(ondemand::value value) {
    const char* const start = value.raw_json_token().data();
    ondemand::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) {
      on_skipped_(SkipReason::kBadLocale, Trimmed(value.raw_json_token()));
      return simdjson::SUCCESS;
    }
    Fields<LocaleInfo,
           kId | kNameOfLocale | kHostname | kProcessingUnits | kPhysicalMemory | kMaxTasks>
        locale;
    const auto read_field = [&locale](ondemand::raw_json_string key, ondemand::value json) {
      if (key == "id") {
        locale.Read(kId, json, locale.value.id);
      } else if (key == "name") {
        locale.Read(kNameOfLocale, json, locale.value.name);
      } else if (key == "hostname") {
        locale.Read(kHostname, json, locale.value.hostname);
      } else if (key == "number_of_processing_units") {
        locale.Read(kProcessingUnits, json, locale.value.processing_units);
      } else if (key == "physical_memory") {
        locale.Read(kPhysicalMemory, json, locale.value.physical_memory);
      } else if (key == "max_number_of_tasks") {
        locale.Read(kMaxTasks, json, locale.value.max_tasks);
      }
      return simdjson::SUCCESS;
    };
    if (const auto error = ForEachField(object, read_field)) return error;
    const std::string& id = locale.value.id;
    const bool has_number = !id.empty() && id.find_first_not_of("0123456789") == std::string::npos;
    const std::string_view text = TextFrom(start, document_, reply_);
    const auto fault = locale.Fault();
    const bool is_marked = reply_.is_marked() && HasBadEncodingMark(text);
    if (is_marked || fault == SkipReason::kBadEncoding) {
      on_skipped_(SkipReason::kBadEncoding, text);
    } else if (fault || !has_number) {
      on_skipped_(SkipReason::kBadLocale, text);
    } else {
      info_.locales.push_back(std::move(locale.value));
    }
    return simdjson::SUCCESS;
  }

  ReplyText& reply_;
  const OnSkipped& on_skipped_;
  ondemand::parser parser_;
  ondemand::document document_;
  Fields<ServerInfo::Identity, kHostname | kVersion | kNumberOfLocales> identity_;
  bool has_locales_ = false;
  ServerInfo info_;
};

}  // namespace

void ReplyText::MarkBadEncoding() {
  arkouda_exporter::MarkBadEncoding({buffer_.get(), size_});
  is_marked_ = true;
}

tl::expected<ReplyText, ReplyError> ReplyText::FromEnvelope(std::string_view frame) {
  bool has_odd_text = false;
  auto reply = FromEnvelope(frame, /*is_marked=*/false, has_odd_text);
  return has_odd_text ? FromEnvelope(frame, /*is_marked=*/true, has_odd_text) : std::move(reply);
}

tl::expected<ReplyText, ReplyError> ReplyText::FromEnvelope(std::string_view frame, bool is_marked,
                                                            bool& has_odd_text) {
  PaddedBuffer buffer(frame);
  if (is_marked) arkouda_exporter::MarkBadEncoding({buffer.text, frame.size()});
  ondemand::parser parser;
  ondemand::document document;
  ondemand::object envelope;
  auto error = parser.iterate(buffer.text, frame.size(), frame.size() + simdjson::SIMDJSON_PADDING)
                   .get(document);
  has_odd_text = IsEncodingError(error);
  if (error == simdjson::SUCCESS) error = document.get_object().get(envelope);
  if (error != simdjson::SUCCESS) {
    return tl::unexpected(Invalid(error, "the reply is not a JSON object", frame));
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
      error = field.value().get_raw_json_string().get(raw);
      if (error == simdjson::SUCCESS) error = parser.unescape(raw, to).get(msg);
      has_msg = error == simdjson::SUCCESS;
      has_odd_text = error == simdjson::STRING_ERROR;  // such as half a surrogate
    } else if (key == "msgType") {
      has_type = field.value().get_string().get(type) == simdjson::SUCCESS;
    }
  }
  if (!has_msg || !has_type || !IsAtEnd(document)) {
    return tl::unexpected(
        Invalid(error, "the reply is not a JSON object with the strings msg and msgType", frame));
  }
  if (type == "ERROR") {
    return tl::unexpected(ReplyError{.result = PollResult::kErrorReply,
                                     .reason = "Arkouda answered with an error: " + Excerpt(msg)});
  }
  if (type != "NORMAL" && type != "WARNING") {
    return tl::unexpected(Invalid(error, "the reply has an unknown msgType", frame));
  }

  std::memset(buffer.data.get() + msg.size(), 0, simdjson::SIMDJSON_PADDING);
  ReplyText reply;
  reply.buffer_ = std::move(buffer.data);
  reply.size_ = msg.size();
  reply.capacity_ = buffer.capacity;
  reply.is_marked_ = is_marked;
  return reply;
}

tl::expected<void, ReplyError> ReadMetrics(ReplyText& reply, const EntryHandlers& handlers) {
  const auto not_an_array = [&](simdjson::error_code error) {
    return tl::unexpected(Invalid(error, "the metrics are not a JSON array", reply.text()));
  };
  ondemand::parser parser;
  ondemand::document document;
  ondemand::array array;
  if (const auto error = Iterate(parser, reply, document)) return not_an_array(error);
  if (const auto error = document.get_array().get(array)) return not_an_array(error);
  for (auto element : array) {
    ondemand::value value;
    ondemand::object object;
    if (const auto error = element.get(value)) return not_an_array(error);
    const char* const start = value.raw_json_token().data();
    if (value.get_object().get(object) != simdjson::SUCCESS) {
      handlers.on_skipped(SkipReason::kNotAnObject, value.raw_json_token());
      continue;
    }
    Entry entry;
    if (const auto error = entry.Read(object)) return not_an_array(error);
    auto fault = entry.Fault();
    if (reply.is_marked() && HasBadEncodingMark(TextFrom(start, document, reply))) {
      fault = SkipReason::kBadEncoding;
    }
    if (fault) {
      handlers.on_skipped(*fault, TextFrom(start, document, reply));
    } else {
      handlers.on_metric(entry.Take());
    }
  }
  if (!IsAtEnd(document)) return not_an_array(simdjson::TRAILING_CONTENT);
  return {};
}

tl::expected<ServerInfo, ReplyError> ReadServerInfo(ReplyText& reply, const OnSkipped& on_skipped) {
  ServerInfoReader reader(reply, on_skipped);
  if (const auto error = reader.Read()) {
    return tl::unexpected(Invalid(error,
                                  std::string("the server information can't be read (") +
                                      simdjson::error_message(error) + ")",
                                  reply.text()));
  }
  return reader.Take();
}

}  // namespace arkouda_exporter
