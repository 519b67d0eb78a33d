#include "exporter/web/web_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <climits>
#include <cmath>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <set>
#include <utility>

#include "common/document.h"
#include "common/quote.h"
#include "common/read_file.h"

namespace arkouda_exporter {
namespace {

using Kind = DocumentNode::Kind;
using std::chrono::nanoseconds;

constexpr std::size_t kMostBytes = std::size_t{1} << 20U;  // of each file
constexpr std::size_t kMostLines = 20;
constexpr std::size_t kMostUsers = 1000;
constexpr std::size_t kMostListed = 1000;
constexpr std::size_t kMostHeaderBytes = 4096;

// Go's bcrypt takes costs from 4 to 31, but that is two days for a password; 18 is some ten
// seconds.
constexpr int kLeastCost = 4;
constexpr int kMostCost = 18;

struct ClientAuthRow {
  std::string_view name;
  ClientAuth value;
};
constexpr std::array<ClientAuthRow, 6> kClientAuths = {{
    {"NoClientCert", ClientAuth::kNone},
    {"RequestClientCert", ClientAuth::kRequest},
    {"RequireAnyClientCert", ClientAuth::kRequireAny},
    {"RequireClientCert", ClientAuth::kRequireAny},  // as it was called first
    {"VerifyClientCertIfGiven", ClientAuth::kVerifyIfGiven},
    {"RequireAndVerifyClientCert", ClientAuth::kRequireAndVerify},
}};

struct HeaderRow {
  std::string_view name;
  std::vector<std::string_view> values;  // empty: any
};
const std::array<HeaderRow, 5> kHeaders = {{
    {"Content-Security-Policy", {}},
    {"Strict-Transport-Security", {}},
    {"X-Content-Type-Options", {"nosniff"}},
    {"X-Frame-Options", {"deny", "sameorigin"}},
    {"X-XSS-Protection", {}},
}};

// What is wrong with a hash, or empty. It never shows the hash.
std::string FindFaultOfHash(std::string_view hash) {
  constexpr std::string_view kAlphabet =
      "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t kSize = 60;
  const bool is_bcrypt =
      hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
  if (!is_bcrypt) {
    return "its password is not a bcrypt hash, expected one that begins with $2a$, $2b$ or $2y$, "
           "as htpasswd -nB prints it";
  }
  if (hash.size() != kSize) {
    return fmt::format("its bcrypt hash has {} characters, expected {}", hash.size(), kSize);
  }
  int cost = 0;
  const char* const cost_end = hash.data() + 6;
  const auto [rest, error] = std::from_chars(hash.data() + 4, cost_end, cost);
  if (error != std::errc() || rest != cost_end || *cost_end != '$' || cost < kLeastCost ||
      cost > kMostCost) {
    return fmt::format("its bcrypt hash has a cost that can't be used, expected {:02} to {}",
                       kLeastCost, kMostCost);
  }
  if (hash.substr(7).find_first_not_of(kAlphabet) != std::string_view::npos) {
    return "its bcrypt hash has characters that bcrypt does not write, expected letters, digits, "
           "dots and slashes";
  }
  return {};
}

// Reads a duration as Go writes it: "1m30s", "1.5h", "100ms" or a bare 0.
std::optional<nanoseconds> ParseGoDuration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double nanoseconds;
  };
  constexpr std::array<Unit, 8> kUnits = {{{"ns", 1},
                                           {"us", 1e3},
                                           {"\xc2\xb5s", 1e3},  // with the micro sign
                                           {"\xce\xbcs", 1e3},  // with a Greek mu
                                           {"ms", 1e6},
                                           {"s", 1e9},
                                           {"m", 60e9},
                                           {"h", 3600e9}}};
  constexpr double kMost = 24 * 3600e9;
  if (text == "0") return nanoseconds(0);
  if (text.empty()) return std::nullopt;
  double sum = 0;
  while (!text.empty()) {
    const std::size_t number_size = std::min(text.find_first_not_of("0123456789."), text.size());
    double number = 0;
    const auto [rest, error] =
        std::from_chars(text.data(), text.data() + number_size, number, std::chars_format::fixed);
    if (error != std::errc() || rest != text.data() + number_size) return std::nullopt;
    text.remove_prefix(number_size);
    const std::size_t unit_size = std::min(text.find_first_of("0123456789."), text.size());
    const auto* const unit = std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& row) {
      return row.name == text.substr(0, unit_size);
    });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit_size);
    sum += number * unit->nanoseconds;
  }
  if (!(sum <= kMost)) return std::nullopt;
  return nanoseconds(std::llround(sum));
}

// The reason, and what would be right when it does not say so.
std::string Explain(const ReadError& error, std::string_view expected) {
  return error.reason.starts_with("expected")
             ? error.reason
             : fmt::format("{}, expected {}", error.reason, expected);
}

constexpr std::string_view kPemBegin = "-----BEGIN";
constexpr std::string_view kBcryptBegin = "$2";

// Whether a text may be the Base64 of a key: a long word in capitals, small letters and digits.
bool HasBase64Word(std::string_view text) {
  constexpr std::size_t kLeastSize = 40;  // the smallest key has 64
  constexpr std::string_view kCapitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  constexpr std::string_view kSmallLetters = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view kDigits = "0123456789";
  const std::string others = fmt::format("{}{}{}+/=", kCapitals, kSmallLetters, kDigits);
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find_first_not_of(others));
    if (word.size() >= kLeastSize && word.find_first_of(kCapitals) != std::string_view::npos &&
        word.find_first_of(kSmallLetters) != std::string_view::npos &&
        word.find_first_of(kDigits) != std::string_view::npos) {
      return true;
    }
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return false;
}

// What stands in the wrong place may be a key or a hash, which is not to be seen in a log.
bool IsSecretLike(std::string_view text) {
  return text.find(kPemBegin) != std::string_view::npos ||
         text.find(kBcryptBegin) != std::string_view::npos || HasBase64Word(text);
}

std::string Shown(std::string_view text) {
  return IsSecretLike(text) ? "(not shown: it may be a secret)" : Quoted(Excerpt(text));
}

// Whether it can be a file's name at all.
bool IsFileName(std::string_view text) {
  if (text.size() >= PATH_MAX || text.find(kPemBegin) != std::string_view::npos) return false;
  std::size_t length = 0;  // of a component
  for (const char c : text) {
    length = c == '/' ? 0 : length + 1;
    if (c == '\n' || c == '\r' || length > NAME_MAX) return false;
  }
  return true;
}

class WebConfigReader {
 public:
  explicit WebConfigReader(const std::string& path)
      : path_(path), folder_(std::filesystem::path(path).parent_path()) {}

  LoadedWebConfig Load() && {
    Read();
    LoadedWebConfig loaded{.config = std::move(config_), .files = std::move(files_)};
    if (more_ > 0) lines_.push_back(fmt::format("{}: and {} more like these", path_, more_));
    if (!lines_.empty()) loaded.config = tl::make_unexpected(std::move(lines_));
    return loaded;
  }

 private:
  // A key that may stand in a map, and what becomes of its value.
  struct KeyRow {
    std::string_view key;
    std::function<void(const DocumentNode&)> read;
  };

  // A PEM text: in the configuration, in a file of its own, or neither.
  struct PemKeys {
    const DocumentNode* inline_text = nullptr;
    const DocumentNode* file = nullptr;
  };

  void Read() {
    files_.push_back(path_);
    const auto text = ReadFile(path_, kMostBytes);
    if (!text)
      return AddLine(fmt::format("{}: {}", path_, Explain(text.error(), "a web configuration")));
    DocumentNode root{.kind = Kind::kMap};
    const auto read =
        ReadDocument(text->text, DocumentFormat::kYaml, Kind::kMap,
                     [&](DocumentNode node) { root.items.push_back(std::move(node)); });
    if (!read) {
      return AddLine(
          fmt::format("{}:{}: {}", path_, read.error().line, QuoteBytes(read.error().reason)));
    }
    ReadMap("", root,
            {{"tls_server_config", [&](const DocumentNode& node) { ReadTls(node); }},
             {"http_server_config", [&](const DocumentNode& node) { ReadHttp(node); }},
             {"basic_auth_users", [&](const DocumentNode& node) { ReadUsers(node); }},
             {"rate_limit", [&](const DocumentNode& node) { ReadRateLimit(node); }}});
  }

  void AddLine(std::string line) {
    if (lines_.size() == kMostLines) {
      ++more_;
    } else {
      lines_.push_back(std::move(line));
    }
  }

  std::size_t Faults() const { return lines_.size() + more_; }

  std::string OriginOf(std::size_t line, std::string_view key) const {
    return fmt::format("{}:{}: {}", path_, line, key);
  }

  void Refuse(std::size_t line, std::string_view key, std::string_view reason) {
    AddLine(fmt::format("{}: {}", OriginOf(line, key), reason));
  }

  static std::string Join(std::string_view section, std::string_view key) {
    return section.empty() ? std::string(key) : fmt::format("{}.{}", section, key);
  }

  // Hands each value to its key's row. A key without a value is as if it were not there.
  void ReadMap(std::string_view section, const DocumentNode& node,
               const std::vector<KeyRow>& rows) {
    if (node.kind == Kind::kNull) return;
    if (node.kind != Kind::kMap) {
      return Refuse(node.line, section, fmt::format("it is {}, expected a map", NameOf(node.kind)));
    }
    std::set<std::string_view> keys;
    for (const DocumentNode& item : node.items) {
      const auto row = std::find_if(rows.begin(), rows.end(),
                                    [&](const KeyRow& each) { return each.key == item.key; });
      if (row == rows.end()) {
        std::vector<std::string_view> names;
        for (const KeyRow& each : rows) names.push_back(each.key);
        Refuse(item.line, Join(section, Shown(item.key)),
               fmt::format("there is no such key, expected one of {}", fmt::join(names, ", ")));
      } else if (!keys.insert(item.key).second) {
        Refuse(item.line, Join(section, item.key), "it is there twice, expected it once");
      } else if (item.kind != Kind::kNull) {
        row->read(item);
      }
    }
  }

  // nullopt: it is not a text, which is said.
  std::optional<std::string> ReadText(std::string_view section, const DocumentNode& node,
                                      std::string_view expected) {
    if (node.kind == Kind::kText) return node.text;
    Refuse(node.line, Join(section, node.key),
           fmt::format("it is {}, expected {}", NameOf(node.kind), expected));
    return std::nullopt;
  }

  std::optional<bool> ReadBoolean(std::string_view section, const DocumentNode& node) {
    constexpr std::array<std::string_view, 11> kTrue = {"true", "True", "TRUE", "yes", "Yes", "YES",
                                                        "on",   "On",   "ON",   "y",   "Y"};
    constexpr std::array<std::string_view, 11> kFalse = {
        "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"};
    const auto text = ReadText(section, node, "true or false");
    if (!text) return std::nullopt;
    if (std::find(kTrue.begin(), kTrue.end(), *text) != kTrue.end()) return true;
    if (std::find(kFalse.begin(), kFalse.end(), *text) != kFalse.end()) return false;
    Refuse(node.line, Join(section, node.key),
           fmt::format("it is {}, expected true or false", Shown(*text)));
    return std::nullopt;
  }

  // The texts of a list that `is_good` takes; `expected` says what that is.
  std::vector<std::string> ReadTexts(std::string_view section, const DocumentNode& node,
                                     std::string_view expected,
                                     const std::function<bool(std::string_view)>& is_good) {
    const std::string key = Join(section, node.key);
    std::vector<std::string> texts;
    if (node.kind != Kind::kList) {
      Refuse(node.line, key,
             fmt::format("it is {}, expected a list, each {}", NameOf(node.kind), expected));
      return texts;
    }
    if (node.items.size() > kMostListed) {
      Refuse(
          node.line, key,
          fmt::format("it has {} elements, expected at most {}", node.items.size(), kMostListed));
      return texts;
    }
    for (const DocumentNode& item : node.items) {
      if (item.kind == Kind::kText && is_good(item.text)) {
        texts.push_back(item.text);
        continue;
      }
      const auto what =
          item.kind == Kind::kText ? Shown(item.text) : std::string(NameOf(item.kind));
      Refuse(item.line, key, fmt::format("an element is {}, expected {}", what, expected));
    }
    return texts;
  }

  void ReadTls(const DocumentNode& node) {
    constexpr std::string_view kSection = "tls_server_config";
    const std::size_t faults_before = Faults();
    PemKeys cert;
    PemKeys key;
    PemKeys client_ca;
    TlsPreferences preferences;
    std::map<std::string_view, std::size_t> lines;  // of the keys that are there
    TlsSettings tls{.origin = OriginOf(node.line, kSection)};
    bool has_sans = false;
    const auto keep = [&](const DocumentNode*& place) {
      return [&](const DocumentNode& item) {
        // An empty text is none, as in Go.
        if (item.kind != Kind::kText || !item.text.empty()) place = &item;
      };
    };
    const auto read_version = [&](TlsVersion& version) {
      return [&](const DocumentNode& item) {
        const auto text = ReadText(kSection, item, "TLS10, TLS11, TLS12 or TLS13");
        if (!text) return;
        const auto value = TlsVersionOf(*text);
        lines.emplace(item.key, item.line);
        if (value) {
          version = *value;
        } else {
          Refuse(item.line, Join(kSection, item.key),
                 fmt::format("it is {}, expected TLS10, TLS11, TLS12 or TLS13", Shown(*text)));
        }
      };
    };
    ReadMap(kSection, node,
            {{"cert", keep(cert.inline_text)},
             {"cert_file", keep(cert.file)},
             {"key", keep(key.inline_text)},
             {"key_file", keep(key.file)},
             {"client_ca", keep(client_ca.inline_text)},
             {"client_ca_file", keep(client_ca.file)},
             {"client_auth_type",
              [&](const DocumentNode& item) { ReadClientAuth(kSection, item, tls, lines); }},
             {"client_allowed_sans",
              [&](const DocumentNode& item) {
                has_sans = true;
                lines.emplace("client_allowed_sans", item.line);
                tls.client_allowed_sans =
                    ReadTexts(kSection, item, "a name of a client such as a DNS name, not empty",
                              [](std::string_view text) { return !text.empty(); });
                if (item.kind == Kind::kList && item.items.empty()) {
                  Refuse(item.line, Join(kSection, item.key),
                         "it is empty, expected at least one name");
                }
              }},
             {"min_version", read_version(preferences.min_version)},
             {"max_version", read_version(preferences.max_version)},
             {"cipher_suites",
              [&](const DocumentNode& item) {
                lines.emplace("cipher_suites", item.line);
                preferences.cipher_suites =
                    ReadTexts(kSection, item,
                              "a cipher suite that Go takes for secure, such as "
                              "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                              IsCipherSuite);
              }},
             {"prefer_server_cipher_suites",
              [&](const DocumentNode& item) {
                preferences.prefers_own_suites =
                    ReadBoolean(kSection, item).value_or(preferences.prefers_own_suites);
              }},
             {"curve_preferences", [&](const DocumentNode& item) {
                lines.emplace("curve_preferences", item.line);
                preferences.curves =
                    ReadTexts(kSection, item, "CurveP256, CurveP384, CurveP521 or X25519", IsCurve);
              }}});
    if (node.kind != Kind::kMap || node.items.empty()) return;

    const auto refuse = [&](std::string_view at, std::string_view reason) {
      const auto line = lines.find(at);
      Refuse(line == lines.end() ? node.line : line->second, Join(kSection, at), reason);
    };
    auto cert_pem = ReadPem(kSection, cert);
    auto key_pem = ReadPem(kSection, key);
    tls.client_ca = ReadPem(kSection, client_ca);
    const bool has_ca = client_ca.file != nullptr || client_ca.inline_text != nullptr;
    if (cert.file == nullptr && cert.inline_text == nullptr) {
      Refuse(node.line, kSection, "it has no certificate, expected cert_file or cert");
    }
    if (key.file == nullptr && key.inline_text == nullptr) {
      Refuse(node.line, kSection, "it has no key, expected key_file or key");
    }
    if (Faults() != faults_before) return;  // what follows would be said of half of it

    const bool verifies = tls.client_auth == ClientAuth::kVerifyIfGiven ||
                          tls.client_auth == ClientAuth::kRequireAndVerify;
    const bool requires_one = tls.client_auth == ClientAuth::kRequireAny ||
                              tls.client_auth == ClientAuth::kRequireAndVerify;
    if (has_ca && tls.client_auth == ClientAuth::kNone) {
      refuse("client_auth_type",
             "no certificate is asked for, but there is a CA for them, expected "
             "RequireAndVerifyClientCert");
    }
    if (verifies && !has_ca) {
      refuse("client_auth_type",
             "there is no CA to verify certificates by, expected client_ca_file or client_ca");
    }
    if (has_sans && !requires_one) {
      refuse("client_allowed_sans",
             "clients need not have a certificate, expected client_auth_type to be "
             "RequireAnyClientCert or RequireAndVerifyClientCert");
    }
    auto priorities = PrioritiesOf(preferences);
    if (!priorities) return refuse(priorities.error().key, priorities.error().reason);
    tls.priorities = *std::move(priorities);
    tls.cert = *std::move(cert_pem);
    tls.key = *std::move(key_pem);
    config_.tls = std::move(tls);
  }

  void ReadClientAuth(std::string_view section, const DocumentNode& node, TlsSettings& tls,
                      std::map<std::string_view, std::size_t>& lines) {
    constexpr std::string_view kExpected =
        "NoClientCert, RequestClientCert, RequireAnyClientCert, VerifyClientCertIfGiven or "
        "RequireAndVerifyClientCert";
    const auto text = ReadText(section, node, kExpected);
    if (!text || text->empty()) return;
    lines.emplace("client_auth_type", node.line);
    const auto* const row =
        std::find_if(kClientAuths.begin(), kClientAuths.end(),
                     [&](const ClientAuthRow& each) { return each.name == *text; });
    if (row == kClientAuths.end()) {
      return Refuse(node.line, Join(section, node.key),
                    fmt::format("it is {}, expected {}", Shown(*text), kExpected));
    }
    tls.client_auth = row->value;
  }

  // nullopt: there is none, or it can't be read, which is said.
  std::optional<Pem> ReadPem(std::string_view section, const PemKeys& keys) {
    if (keys.file != nullptr && keys.inline_text != nullptr) {
      Refuse(keys.file->line, Join(section, keys.file->key),
             fmt::format("{} is there, too, expected one of the two", keys.inline_text->key));
      return std::nullopt;
    }
    if (keys.inline_text != nullptr) {
      const DocumentNode& node = *keys.inline_text;
      auto text = ReadText(section, node, "a text in PEM");
      if (!text) return std::nullopt;
      return Pem{.text = *std::move(text), .origin = OriginOf(node.line, Join(section, node.key))};
    }
    if (keys.file == nullptr) return std::nullopt;
    const DocumentNode& node = *keys.file;
    const auto name = ReadText(section, node, "a file's name");
    if (!name) return std::nullopt;
    if (!IsFileName(*name)) {
      constexpr std::string_view kSuffix = "_file";
      Refuse(node.line, Join(section, node.key),
             fmt::format("it is not a file's name, expected one, or {} for a text in PEM",
                         node.key.substr(0, node.key.size() - kSuffix.size())));
      return std::nullopt;
    }
    const std::string file = (folder_ / *name).string();
    if (std::find(files_.begin(), files_.end(), file) == files_.end()) files_.push_back(file);
    const std::string key = fmt::format("{} {}", Join(section, node.key), Shown(file));
    auto text = ReadFile(file, kMostBytes);
    if (!text) {
      Refuse(node.line, key, Explain(text.error(), "a file in PEM"));
      return std::nullopt;
    }
    return Pem{.text = std::move(text->text), .origin = OriginOf(node.line, key)};
  }

  void ReadHttp(const DocumentNode& node) {
    constexpr std::string_view kSection = "http_server_config";
    ReadMap(
        kSection, node,
        {{"http2",
          [&](const DocumentNode& item) {
            if (ReadBoolean(kSection, item).value_or(false)) {
              config_.notes.push_back(fmt::format("{}: it is without effect, HTTP/1.1 is spoken",
                                                  OriginOf(item.line, Join(kSection, item.key))));
            }
          }},
         {"headers", [&](const DocumentNode& item) {
            std::vector<KeyRow> rows;
            for (const HeaderRow& row : kHeaders) {
              rows.push_back({row.name, [this, &row](const DocumentNode& header) {
                                ReadHeader(row, header);
                              }});
            }
            ReadMap(Join(kSection, item.key), item, rows);
          }}});
  }

  void ReadHeader(const HeaderRow& row, const DocumentNode& node) {
    constexpr std::string_view kSection = "http_server_config.headers";
    const std::string expected =
        row.values.empty() ? "a text" : fmt::format("{}", fmt::join(row.values, " or "));
    const auto text = ReadText(kSection, node, expected);
    if (!text || text->empty()) return;
    const bool is_allowed = row.values.empty() || std::find(row.values.begin(), row.values.end(),
                                                            *text) != row.values.end();
    if (!is_allowed) {
      return Refuse(node.line, Join(kSection, node.key),
                    fmt::format("it is {}, expected {}", Shown(*text), expected));
    }
    // Another byte would be the end of the header, or of all of them, and what is behind it
    // another.
    const bool is_sendable =
        text->size() <= kMostHeaderBytes && text->front() != ' ' && text->back() != ' ' &&
        std::all_of(text->begin(), text->end(), [](char c) { return c >= ' ' && c <= '~'; });
    if (!is_sendable) {
      return Refuse(node.line, Join(kSection, node.key),
                    fmt::format("expected at most {} characters of ASCII on one line, without "
                                "spaces around them",
                                kMostHeaderBytes));
    }
    config_.headers.emplace(row.name, *text);
  }

  void ReadUsers(const DocumentNode& node) {
    constexpr std::string_view kSection = "basic_auth_users";
    if (node.kind != Kind::kMap) {
      return Refuse(
          node.line, kSection,
          fmt::format("it is {}, expected a map of names and bcrypt hashes", NameOf(node.kind)));
    }
    if (node.items.size() > kMostUsers) {
      return Refuse(
          node.line, kSection,
          fmt::format("it has {} users, expected at most {}", node.items.size(), kMostUsers));
    }
    std::set<std::string_view> names;
    for (const DocumentNode& user : node.items) {
      const std::string key = Join(kSection, Shown(user.key));
      if (!names.insert(user.key).second) {
        Refuse(user.line, key, "it is there twice, expected it once");
        continue;
      }
      if (user.key.find(kBcryptBegin) != std::string::npos) {
        Refuse(user.line, kSection,
               "a bcrypt hash stands in the place of a name, expected the name, a colon, a space "
               "and the hash");
        continue;
      }
      if (user.key.find(':') != std::string::npos) {
        Refuse(user.line, key, "no client can send a name with a colon, expected one without");
        continue;
      }
      const std::string fault =
          user.kind == Kind::kText
              ? FindFaultOfHash(user.text)
              : fmt::format("its password is {}, expected a bcrypt hash", NameOf(user.kind));
      if (!fault.empty()) {
        Refuse(user.line, key, fault);
        continue;
      }
      config_.users.emplace(user.key, user.text);
    }
  }

  void ReadRateLimit(const DocumentNode& node) {
    constexpr std::string_view kSection = "rate_limit";
    std::optional<nanoseconds> interval;
    std::optional<int> burst;
    const std::size_t faults_before = Faults();
    ReadMap(kSection, node,
            {{"interval",
              [&](const DocumentNode& item) {
                constexpr std::string_view kExpected =
                    "a time between two requests such as 1s or 100ms, at most 24h, or 0 for no "
                    "limit";
                const auto text = ReadText(kSection, item, kExpected);
                if (!text) return;
                interval = ParseGoDuration(*text);
                if (!interval) {
                  Refuse(item.line, Join(kSection, item.key),
                         fmt::format("it is {}, expected {}", Shown(*text), kExpected));
                }
              }},
             {"burst", [&](const DocumentNode& item) {
                constexpr int kMost = 1'000'000;
                const auto text = ReadText(kSection, item, "a whole number from 1 to 1000000");
                if (!text) return;
                int value = 0;
                const char* const end = text->data() + text->size();
                const auto [rest, error] = std::from_chars(text->data(), end, value);
                if (error != std::errc() || rest != end || value < 1 || value > kMost) {
                  return Refuse(item.line, Join(kSection, item.key),
                                fmt::format("it is {}, expected a whole number from 1 to {}",
                                            Shown(*text), kMost));
                }
                burst = value;
              }}});
    if (Faults() != faults_before || node.kind != Kind::kMap || node.items.empty()) return;
    if (!interval) {
      return Refuse(node.line, kSection,
                    "it has no interval, expected one such as 1s, or 0 for no limit");
    }
    if (*interval == nanoseconds(0)) return;
    if (!burst) {
      return Refuse(node.line, kSection,
                    "it has no burst, so that no request would be let in, expected one of at least "
                    "1");
    }
    config_.rate_limit = RateLimit{.interval = *interval, .burst = *burst};
  }

  const std::string& path_;
  const std::filesystem::path folder_;
  WebConfig config_;
  std::vector<std::string> files_;
  std::vector<std::string> lines_;
  std::size_t more_ = 0;
};

}  // namespace

LoadedWebConfig LoadWebConfig(const std::string& path) { return WebConfigReader(path).Load(); }

}  // namespace arkouda_exporter
