#include "common/document.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <istream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <streambuf>
#include <utility>

#include "common/quote.h"

namespace arkouda_exporter {
namespace {

using Kind = DocumentNode::Kind;

constexpr std::size_t kDeepest = 16;
// A node takes about a hundred bytes where its text may take two.
constexpr std::size_t kMostNodes = 100'000;

/// Makes nodes of a parser's events. Each of its functions is false once there is an error: the
/// parser is to be stopped then.
class DocumentBuilder {
 public:
  DocumentBuilder(Kind expected, const std::function<void(DocumentNode)>& on_element)
      : expected_(expected), on_element_(on_element) {}

  bool Open(Kind kind, std::size_t line) {
    if (!is_open_) {
      if (kind != expected_) return Fail(NotExpected(line, NameOf(kind)));
      is_open_ = true;
      return true;
    }
    if (open_.size() + 1 >= kDeepest) {
      return Fail({.line = line,
                   .reason = fmt::format("lists and maps stand in one another, more than {0} deep, "
                                         "expected at most {0}",
                                         kDeepest)});
    }
    open_.push_back(Make(kind, line));
    return Count(line);
  }

  bool Close() {
    if (open_.empty()) return true;  // the document itself
    DocumentNode node = std::move(open_.back());
    open_.pop_back();
    return Put(std::move(node));
  }

  /// The name of what comes next in a map.
  bool Name(std::string key, std::size_t line) {
    key_ = Key{.text = std::move(key), .line = line};
    return true;
  }

  bool Scalar(Kind kind, std::size_t line, std::string text = {}) {
    if (!is_open_) return Fail(NotExpected(line, NameOf(kind)));
    DocumentNode node = Make(kind, line);
    node.text = std::move(text);
    return Count(line) && Put(std::move(node));
  }

  bool Fail(DocumentError error) {
    if (!error_) error_ = std::move(error);
    return false;
  }

  Kind expected() const { return expected_; }

  /// Whether a name must come next.
  bool IsNameNext() const {
    if (!is_open_ || key_.has_value()) return false;
    return (open_.empty() ? expected_ : open_.back().kind) == Kind::kMap;
  }

  /// How it ended, once there is nothing more to come.
  tl::expected<void, DocumentError> Finish() && {
    if (error_) return tl::unexpected(*std::move(error_));
    if (!is_open_) return tl::unexpected(NotExpected(1, "empty"));
    return {};
  }

  DocumentError NotExpected(std::size_t line, std::string_view what) const {
    return {.line = line, .reason = fmt::format("it is {}, expected {}", what, NameOf(expected_))};
  }

 private:
  struct Key {
    std::string text;
    std::size_t line = 1;
  };

  // What stands in a map has the place of its name: of a value that is not written there is none.
  DocumentNode Make(Kind kind, std::size_t line) {
    Key key = std::exchange(key_, std::nullopt).value_or(Key{.text = {}, .line = line});
    return {.kind = kind, .line = key.line, .key = std::move(key.text), .text = {}, .items = {}};
  }

  bool Count(std::size_t line) {
    if (++nodes_ <= kMostNodes) return true;
    return Fail(
        {.line = line,
         .reason = fmt::format("an element of {0} has more than {1} values, expected at most {1}",
                               NameOf(expected_), kMostNodes)});
  }

  bool Put(DocumentNode node) {
    if (!open_.empty()) {
      open_.back().items.push_back(std::move(node));
      return true;
    }
    nodes_ = 0;
    on_element_(std::move(node));
    return true;
  }

  const Kind expected_;
  const std::function<void(DocumentNode)>& on_element_;
  bool is_open_ = false;            // the document itself
  std::vector<DocumentNode> open_;  // what stands in it and is not complete, the outermost first
  std::optional<Key> key_;
  std::size_t nodes_ = 0;  // of the element
  std::optional<DocumentError> error_;
};

/// Where the JSON parser is. What it has just told of ends before the character that it read last:
/// behind a number that is the line's end already.
struct JsonPosition {
  std::size_t line = 1;
  std::size_t next_line = 1;
};

/// The text's characters, with their lines counted as they are read.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, JsonPosition* position) : at_(at), position_(position) {}

  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    position_->line = position_->next_line;
    if (*at_++ == '\n') ++position_->next_line;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  JsonPosition* position_;
};

// The names and types are nlohmann/json's.
class JsonEvents {
 public:
  JsonEvents(DocumentBuilder& builder, const JsonPosition& position)
      : builder_(builder), position_(position) {}

  bool null() { return builder_.Scalar(Kind::kNull, position_.line); }
  bool boolean(bool /*value*/) { return builder_.Scalar(Kind::kBoolean, position_.line); }
  bool number_integer(std::int64_t /*value*/) { return Number(); }
  bool number_unsigned(std::uint64_t /*value*/) { return Number(); }
  bool number_float(double /*value*/, const std::string& /*text*/) { return Number(); }
  bool string(std::string& text) {
    return builder_.Scalar(Kind::kText, position_.line, std::move(text));
  }
  static bool binary(nlohmann::json::binary_t& /*value*/) { return false; }  // JSON has none
  bool start_object(std::size_t /*size*/) { return builder_.Open(Kind::kMap, position_.line); }
  bool key(std::string& key) { return builder_.Name(std::move(key), position_.line); }
  bool end_object() { return builder_.Close(); }
  bool start_array(std::size_t /*size*/) { return builder_.Open(Kind::kList, position_.line); }
  bool end_array() { return builder_.Close(); }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::json::exception& error) {
    // What is behind "[json.exception.parse_error.101] parse error at line 3, column 5: ".
    const std::string_view what = error.what();
    const std::size_t colon = what.find(": ");
    const std::string_view reason = colon == std::string_view::npos ? what : what.substr(colon + 2);
    return builder_.Fail(
        {.line = position_.line, .reason = fmt::format("it is not JSON: {}", Excerpt(reason))});
  }

 private:
  bool Number() { return builder_.Scalar(Kind::kNumber, position_.line); }

  DocumentBuilder& builder_;
  const JsonPosition& position_;
};

void ReadJson(std::string_view text, DocumentBuilder& builder) {
  JsonPosition position;
  JsonEvents events(builder, position);
  nlohmann::json::sax_parse(CountingIterator(text.data(), &position),
                            CountingIterator(text.data() + text.size(), &position), &events);
}

/// Thrown through the YAML parser, which has no other way to be stopped.
struct Stop {};

class YamlEvents : public YAML::EventHandler {
 public:
  explicit YamlEvents(DocumentBuilder& builder) : builder_(builder) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      Check(builder_.Fail({.line = LineOf(mark),
                           .reason = fmt::format("something stands behind the end of {0}, expected "
                                                 "{0} alone",
                                                 NameOf(builder_.expected()))}));
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Scalar(Kind::kNull, mark, {});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    Scalar(Kind::kAlias, mark, {});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    // "?" is one without quotes, "!" one with them.
    const bool is_text = tag == "?" || tag == "!" || tag == "tag:yaml.org,2002:str";
    Scalar(is_text ? Kind::kText : Kind::kTagged, mark, value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {
    Open(Kind::kList, mark);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    Open(Kind::kMap, mark);
  }
  void OnMapEnd() override { Close(); }

 private:
  static std::size_t LineOf(const YAML::Mark& mark) {
    return static_cast<std::size_t>(std::max(mark.line, 0)) + 1;
  }

  static void Check(bool goes_on) {
    if (!goes_on) throw Stop();
  }

  void Scalar(Kind kind, const YAML::Mark& mark, const std::string& text) {
    if (!builder_.IsNameNext()) return Check(builder_.Scalar(kind, LineOf(mark), text));
    if (kind != Kind::kText) return FailOfName(kind, mark);
    Check(builder_.Name(text, LineOf(mark)));
  }

  void Open(Kind kind, const YAML::Mark& mark) {
    if (builder_.IsNameNext()) return FailOfName(kind, mark);
    Check(builder_.Open(kind, LineOf(mark)));
  }

  void Close() { Check(builder_.Close()); }

  void FailOfName(Kind kind, const YAML::Mark& mark) {
    Check(builder_.Fail({.line = LineOf(mark),
                         .reason = fmt::format("a key is {}, expected a word", NameOf(kind))}));
  }

  DocumentBuilder& builder_;
  int documents_ = 0;
};

// How it is written in YAML.
std::string_view ExampleOf(Kind kind) {
  return kind == Kind::kMap
             ? "a map, KEY: VALUE a line, and what belongs to a key further in than the key"
             : "a list, a hyphen before each element, and what belongs to it further in";
}

/// Reads a text where it stands.
class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    // A stream buffer may be written to, and so its pointers are not const; nobody writes here.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
    char* const begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

void ReadYaml(std::string_view text, DocumentBuilder& builder) {
  ViewBuffer buffer(text);
  std::istream stream(&buffer);
  YamlEvents events(builder);
  try {
    YAML::Parser parser(stream);
    // The second document ends this by its error: yaml-cpp 0.7 finds documents for ever where a
    // comma stands behind the list.
    while (parser.HandleNextDocument(events)) {
    }
  } catch (const Stop&) {
    return;
  } catch (const YAML::Exception& error) {
    const auto line = static_cast<std::size_t>(std::max(error.mark.line, 0)) + 1;
    builder.Fail({.line = line,
                  .reason = fmt::format("it is not YAML: {}, expected {}", Excerpt(error.msg),
                                        ExampleOf(builder.expected()))});
  }
}

// yaml-cpp takes a 0x04 for the end of the text, and what is not UTF-8 as it is.
std::optional<DocumentError> FindBadCharacter(std::string_view text) {
  std::size_t line = 1;
  while (!text.empty()) {
    const std::size_t size = Utf8CharacterSize(text);
    if (size == 0)
      return DocumentError{.line = line,
                           .reason = "it has bytes that are not UTF-8, expected UTF-8 alone"};
    const char c = text.front();
    if ((c >= 0 && c < ' ' && c != '\t' && c != '\n' && c != '\r') || c == 0x7f) {
      return DocumentError{.line = line, .reason = "it has a control character, expected none"};
    }
    if (c == '\n') ++line;
    text.remove_prefix(size);
  }
  return std::nullopt;
}

}  // namespace

std::string Place::ToString() const {
  return line == 0 ? source : fmt::format("{}:{}", source, line);
}

std::string_view NameOf(DocumentNode::Kind kind) {
  switch (kind) {
    case Kind::kText:
      return "a text";
    case Kind::kNumber:
      return "a number";
    case Kind::kBoolean:
      return "true or false";
    case Kind::kNull:
      return "empty";
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
    case Kind::kAlias:
      return "an alias";
    case Kind::kTagged:
      break;
  }
  return "a value with a tag";
}

tl::expected<void, DocumentError> ReadDocument(
    std::string_view text, DocumentFormat format, DocumentNode::Kind expected,
    const std::function<void(DocumentNode)>& on_element) {
  DocumentBuilder builder(expected, on_element);
  if (auto error = FindBadCharacter(text)) return tl::unexpected(*std::move(error));
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    return tl::unexpected(builder.NotExpected(1, "empty"));
  }
  if (format == DocumentFormat::kJson) {
    ReadJson(text, builder);
  } else {
    ReadYaml(text, builder);
  }
  return std::move(builder).Finish();
}

}  // namespace arkouda_exporter
