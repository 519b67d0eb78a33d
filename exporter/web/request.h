#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

struct sockaddr;

namespace arkouda_exporter {

/// Orders names that are the same in capitals and in small letters (ASCII).
struct LessIgnoringCase {
  using is_transparent = void;
  bool operator()(std::string_view left, std::string_view right) const;
};

/// What a client asks for: a value, so that whoever answers later may keep it. All texts are the
/// client's: any bytes, together at most as large as the server takes a request (16 KiB).
struct Request {
  std::string method;  ///< as it was sent: "get" is not "GET"
  std::string path;    ///< without the query; decoded

  /// The query's parameters, decoded. Those of the same name stand in the order in which they were
  /// sent. One without `=` has an empty value.
  std::multimap<std::string, std::string, std::less<>> query;
  std::multimap<std::string, std::string, LessIgnoringCase> headers;

  /// Who sends it, as ClientAt has it. Behind a proxy all clients are one.
  std::string client;

  /// The web configuration asks for a client's certificate, and there is none.
  bool lacks_client_certificate = false;

  /// The value of a header field. Several fields of one name are one list (RFC 9110, 5.3): they are
  /// joined by commas. nullopt: there is none.
  std::optional<std::string> Header(std::string_view name) const;
};

/// Those at this address as one client: an IPv4 address, also one that is written as one of IPv6,
/// or the half of an IPv6 address that is the network's, since anybody has as many as he likes of
/// the others. Empty where there is no such address, and for nullptr.
std::string ClientAt(const sockaddr* address);

}  // namespace arkouda_exporter
