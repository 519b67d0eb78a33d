#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace arkouda_exporter {

/// What follows a response's headers: parts that come one behind the other on the wire. They are
/// views of what others may share, so that a page of thousands of blocks is never copied for a
/// scrape.
struct Body {
  std::vector<std::string_view> parts;
  std::shared_ptr<const void> owner;  ///< keeps alive what `parts` shows; immutable

  static Body Of(std::string text);
  std::size_t Size() const;  ///< in bytes
  std::string Text() const;  ///< the parts joined
};

/// An answer to an HTTP request.
struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::map<std::string, std::string> headers;  ///< beside Content-Type and Content-Length
  Body body;
};

/// An answer for people: `line` without its end.
Response PlainText(int status, std::string line);

}  // namespace arkouda_exporter
