#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace arkouda_exporter {

/// Reads a host: a name, an IPv4 address, or an IPv6 address with or without square brackets, which
/// may have a zone (`fe80::1%eth0`). Gives it without the brackets. The error says what is wrong
/// with `text`, such as "it has a space": whoever knows where the text stands adds what would be
/// right there.
///
/// libzmq and getaddrinfo(3) take everything that this does. The scripts of deploy/workflows have
/// the same rules, in settings.sh and in Hera's checks.py: test/data/hosts.json holds the cases of
/// all three.
tl::expected<std::string, std::string> ParseHost(std::string_view text);

}  // namespace arkouda_exporter
