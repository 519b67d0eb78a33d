#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace arkouda_exporter {

/// Where something was written: a file and a line in it, or a flag.
struct Place {
  std::string source;    ///< such as "/etc/arkouda/targets.json" or "--arkouda.host"
  std::size_t line = 0;  ///< 0: there are no lines, or it is the whole of it

  /// Such as "/etc/arkouda/targets.json:12".
  std::string ToString() const;

  bool operator==(const Place&) const = default;
};

enum class DocumentFormat { kJson, kYaml };

/// A value of a JSON or YAML text.
struct DocumentNode {
  enum class Kind {
    kText,     ///< in JSON a string, in YAML any scalar that is not null, as it is written
    kNumber,   ///< of JSON
    kBoolean,  ///< of JSON
    kNull,
    kList,
    kMap,
    kAlias,   ///< of YAML: it is not followed, so that a few lines never stand for millions
    kTagged,  ///< of YAML: a scalar with a type of its own, such as `!!int "5"`
  };

  Kind kind = Kind::kNull;
  std::size_t line = 1;             ///< where it begins; in a map, where its key stands
  std::string key;                  ///< of what stands in a map
  std::string text;                 ///< of kText
  std::vector<DocumentNode> items;  ///< of kList; of kMap, in the order of the text
};

/// What the kind is called in a message, such as "a number".
std::string_view NameOf(DocumentNode::Kind kind);

/// Why a text can't be read at all.
struct DocumentError {
  std::size_t line = 1;
  std::string reason;  ///< may show some of the text; not quoted yet
};

/// Reads a text that is one list or one map, whichever `expected` says, and hands on its elements
/// one by one, on the calling thread. It is bounded in depth, and in what one element may hold; the
/// caller bounds the size of the text. After an error, what was handed on before must be thrown
/// away. In a map, keys are handed on as often as they are written.
tl::expected<void, DocumentError> ReadDocument(std::string_view text, DocumentFormat format,
                                               DocumentNode::Kind expected,
                                               const std::function<void(DocumentNode)>& on_element);

}  // namespace arkouda_exporter
