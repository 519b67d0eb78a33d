#include "exporter/web/tls_priorities.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gnutls/gnutls.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <type_traits>

namespace arkouda_exporter {
namespace {

struct VersionRow {
  std::string_view name;  // Go's
  std::string_view priority;
  gnutls_protocol_t protocol;
};
constexpr std::array<VersionRow, 4> kVersions = {{
    {"TLS10", "VERS-TLS1.0", GNUTLS_TLS1_0},
    {"TLS11", "VERS-TLS1.1", GNUTLS_TLS1_1},
    {"TLS12", "VERS-TLS1.2", GNUTLS_TLS1_2},
    {"TLS13", "VERS-TLS1.3", GNUTLS_TLS1_3},
}};

struct CurveRow {
  std::string_view name;  // Go's
  std::string_view priority;
  gnutls_group_t group;
};
constexpr std::array<CurveRow, 4> kCurves = {{
    {"CurveP256", "GROUP-SECP256R1", GNUTLS_GROUP_SECP256R1},
    {"CurveP384", "GROUP-SECP384R1", GNUTLS_GROUP_SECP384R1},
    {"CurveP521", "GROUP-SECP521R1", GNUTLS_GROUP_SECP521R1},
    {"X25519", "GROUP-X25519", GNUTLS_GROUP_X25519},
}};

// A suite of TLS 1.3 has no key exchange of its own.
struct SuiteRow {
  std::string_view name;  // Go's
  std::uint16_t number;   // IANA's
  std::string_view exchange;
  std::string_view cipher;
};
constexpr std::array<SuiteRow, 13> kSuites = {{
    {"TLS_AES_128_GCM_SHA256", 0x1301, "", "AES-128-GCM"},
    {"TLS_AES_256_GCM_SHA384", 0x1302, "", "AES-256-GCM"},
    {"TLS_CHACHA20_POLY1305_SHA256", 0x1303, "", "CHACHA20-POLY1305"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", 0xc009, "ECDHE-ECDSA", "AES-128-CBC"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", 0xc00a, "ECDHE-ECDSA", "AES-256-CBC"},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xc02b, "ECDHE-ECDSA", "AES-128-GCM"},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xc02c, "ECDHE-ECDSA", "AES-256-GCM"},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca9, "ECDHE-ECDSA", "CHACHA20-POLY1305"},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", 0xc013, "ECDHE-RSA", "AES-128-CBC"},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", 0xc014, "ECDHE-RSA", "AES-256-CBC"},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xc02f, "ECDHE-RSA", "AES-128-GCM"},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0xc030, "ECDHE-RSA", "AES-256-GCM"},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca8, "ECDHE-RSA", "CHACHA20-POLY1305"},
}};

template <typename Rows>
const auto* Find(const Rows& rows, std::string_view name) {
  const auto row = std::find_if(rows.begin(), rows.end(),
                                [&](const auto& candidate) { return candidate.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

bool Contains(const auto& list, const auto& element) {
  return std::find(list.begin(), list.end(), element) != list.end();
}

using Priorities =
    std::unique_ptr<std::remove_pointer_t<gnutls_priority_t>, decltype(&gnutls_priority_deinit)>;

// What GnuTLS makes of a priority string.
struct Made {
  std::vector<const SuiteRow*> suites;  // without those that Go has not
  std::set<std::uint16_t> numbers;      // of all suites before TLS 1.3
};

Made SuitesOf(gnutls_priority_t priorities) {
  Made made;
  for (unsigned int i = 0;; ++i) {
    unsigned int index = 0;
    const int status = gnutls_priority_get_cipher_suite_index(priorities, i, &index);
    if (status == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) return made;
    if (status != GNUTLS_E_SUCCESS) continue;  // one that is for other versions
    std::array<unsigned char, 2> id{};
    gnutls_protocol_t first_version = GNUTLS_VERSION_UNKNOWN;
    if (gnutls_cipher_suite_info(index, id.data(), nullptr, nullptr, nullptr, &first_version) ==
        nullptr) {
      continue;
    }
    const auto number = static_cast<std::uint16_t>((unsigned{id[0]} << 8U) | id[1]);
    if (first_version != GNUTLS_TLS1_3) made.numbers.insert(number);
    const auto* const row =
        std::find_if(kSuites.begin(), kSuites.end(),
                     [&](const SuiteRow& suite) { return suite.number == number; });
    if (row != kSuites.end()) made.suites.push_back(row);
  }
}

bool IsOf13(const SuiteRow& suite) { return suite.exchange.empty(); }

tl::unexpected<PrioritiesFault> Refuse(std::string_view key, std::string reason) {
  return tl::make_unexpected(PrioritiesFault{.key = key, .reason = std::move(reason)});
}

class Writer {
 public:
  explicit Writer(const TlsPreferences& preferences) : preferences_(preferences) {
    for (const std::string& name : preferences.cipher_suites) {
      suites_.push_back(Find(kSuites, name));
    }
  }

  tl::expected<std::string, PrioritiesFault> Write() const {
    if (preferences_.min_version > preferences_.max_version) {
      return Refuse("min_version", "it is above max_version, expected at most that");
    }
    for (const SuiteRow* suite : suites_) {
      if (IsOf13(*suite) ? !Has13() : !HasBefore13()) {
        return Refuse("cipher_suites",
                      fmt::format("{} is for {}, which min_version and max_version leave out, "
                                  "expected suites for those versions",
                                  suite->name, IsOf13(*suite) ? "TLS 1.3" : "TLS 1.0 to 1.2"));
      }
    }
    std::string text = Text();
    gnutls_priority_t made = nullptr;
    if (const int status = gnutls_priority_init(&made, text.c_str(), nullptr);
        status != GNUTLS_E_SUCCESS) {
      return Refuse("cipher_suites",
                    fmt::format("GnuTLS takes no such settings: {}", gnutls_strerror(status)));
    }
    const Priorities priorities(made, &gnutls_priority_deinit);
    if (auto fault = FindFault(priorities.get())) return tl::make_unexpected(*std::move(fault));
    return text;
  }

 private:
  bool Has13() const { return preferences_.max_version == TlsVersion::k13; }
  bool HasBefore13() const { return preferences_.min_version < TlsVersion::k13; }

  std::string Text() const {
    std::string text = "NORMAL:-VERS-ALL";
    for (std::size_t i = kVersions.size(); i > 0; --i) {
      const auto version = static_cast<TlsVersion>(i - 1);
      if (version < preferences_.min_version || version > preferences_.max_version) continue;
      text += fmt::format(":+{}", kVersions.at(i - 1).priority);
    }
    // As Go has it: a recording can't be read by whoever gets hold of the key later.
    text += ":-KX-ALL";
    std::vector<std::string_view> exchanges;
    std::vector<std::string_view> ciphers;
    for (const SuiteRow* suite : suites_) {
      if (!IsOf13(*suite) && !Contains(exchanges, suite->exchange)) {
        exchanges.push_back(suite->exchange);
      }
      if (!Contains(ciphers, suite->cipher)) ciphers.push_back(suite->cipher);
    }
    if (suites_.empty()) exchanges = {"ECDHE-ECDSA", "ECDHE-RSA"};
    for (const std::string_view exchange : exchanges) text += fmt::format(":+{}", exchange);
    if (!ciphers.empty()) text += ":-CIPHER-ALL:-MAC-ALL:+AEAD:+SHA1";
    for (const std::string_view cipher : ciphers) text += fmt::format(":+{}", cipher);
    if (!preferences_.curves.empty()) text += ":-GROUP-ALL";
    for (const std::string& curve : preferences_.curves) {
      text += fmt::format(":+{}", Find(kCurves, curve)->priority);
    }
    if (preferences_.prefers_own_suites) text += ":%SERVER_PRECEDENCE";
    return text;
  }

  std::optional<PrioritiesFault> FindFault(gnutls_priority_t priorities) const {
    // A system's own settings may turn off what is on by itself.
    const unsigned int* list = nullptr;
    int size = gnutls_priority_protocol_list(priorities, &list);
    const std::set<unsigned int> protocols(list, list + std::max(size, 0));
    for (std::size_t i = 0; i < kVersions.size(); ++i) {
      const auto version = static_cast<TlsVersion>(i);
      if (version < preferences_.min_version || version > preferences_.max_version) continue;
      if (protocols.contains(kVersions.at(i).protocol)) continue;
      return PrioritiesFault{
          version == preferences_.max_version ? "max_version" : "min_version",
          fmt::format("GnuTLS on this machine has {} turned off, expected other versions",
                      kVersions.at(i).name)};
    }
    size = gnutls_priority_group_list(priorities, &list);
    const std::set<unsigned int> groups(list, list + std::max(size, 0));
    for (const std::string& curve : preferences_.curves) {
      if (groups.contains(Find(kCurves, curve)->group)) continue;
      return PrioritiesFault{
          "curve_preferences",
          fmt::format("GnuTLS on this machine has {} turned off, expected other curves", curve)};
    }
    if (suites_.empty()) return std::nullopt;
    return FindFaultOfSuites(SuitesOf(priorities));
  }

  std::optional<PrioritiesFault> FindFaultOfSuites(const Made& made) const {
    constexpr std::string_view kKey = "cipher_suites";
    for (const SuiteRow* suite : suites_) {
      if (Contains(made.suites, suite)) continue;
      return PrioritiesFault{kKey, fmt::format("GnuTLS on this machine has {} turned off, expected "
                                               "other suites",
                                               suite->name)};
    }
    std::set<std::uint16_t> surplus = made.numbers;
    for (const SuiteRow* suite : suites_) surplus.erase(suite->number);
    if (HasBefore13() && !surplus.empty()) {
      std::vector<std::string_view> names;
      for (const SuiteRow* suite : made.suites) {
        if (surplus.contains(suite->number)) names.push_back(suite->name);
      }
      return PrioritiesFault{
          kKey, fmt::format("GnuTLS can't take these without {}, expected that in the list, too",
                            fmt::join(names, ", "))};
    }
    if (Has13() && std::none_of(made.suites.begin(), made.suites.end(),
                                [](const SuiteRow* suite) { return IsOf13(*suite); })) {
      return PrioritiesFault{kKey,
                             "TLS 1.3 has none of these ciphers, expected max_version TLS12 or a "
                             "suite with GCM or CHACHA20"};
    }
    if (HasBefore13() && made.numbers.empty()) {
      return PrioritiesFault{
          kKey, "none of these is for TLS 1.0 to 1.2, expected one that is, or min_version TLS13"};
    }
    if (preferences_.prefers_own_suites) return FindFaultOfOrder(made);
    return std::nullopt;
  }

  // A key of the server has suites of one key exchange, so only their order decides.
  std::optional<PrioritiesFault> FindFaultOfOrder(const Made& made) const {
    for (const std::string_view exchange : {"ECDHE-ECDSA", "ECDHE-RSA"}) {
      const auto names_of = [&](const std::vector<const SuiteRow*>& suites) {
        std::vector<std::string_view> names;
        for (const SuiteRow* suite : suites) {
          if (suite->exchange == exchange && !Contains(names, suite->name)) {
            names.push_back(suite->name);
          }
        }
        return names;
      };
      const auto order = names_of(made.suites);
      if (order == names_of(suites_)) continue;
      return PrioritiesFault{"cipher_suites",
                             fmt::format("GnuTLS has one order of ciphers for all suites, expected "
                                         "{} in this order, or prefer_server_cipher_suites: false",
                                         fmt::join(order, ", "))};
    }
    return std::nullopt;
  }

  const TlsPreferences& preferences_;
  std::vector<const SuiteRow*> suites_;
};

}  // namespace

std::optional<TlsVersion> TlsVersionOf(std::string_view name) {
  const VersionRow* const row = Find(kVersions, name);
  if (row == nullptr) return std::nullopt;
  return static_cast<TlsVersion>(row - kVersions.data());
}

bool IsCipherSuite(std::string_view name) { return Find(kSuites, name) != nullptr; }

bool IsCurve(std::string_view name) { return Find(kCurves, name) != nullptr; }

tl::expected<std::string, PrioritiesFault> PrioritiesOf(const TlsPreferences& preferences) {
  return Writer(preferences).Write();
}

}  // namespace arkouda_exporter
