#include "exporter/web/tls_credentials.h"

#include <arpa/inet.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <ctime>
#include <exception>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "common/log.h"
#include "common/quote.h"

namespace arkouda_exporter {
namespace {

// Clients, GnuTLS' own among them, follow no longer chain.
constexpr std::size_t kLongestChain = 16;
constexpr std::size_t kLongestName = 4096;

template <typename Pointer, void (*kRelease)(Pointer)>
struct Releaser {
  void operator()(std::remove_pointer_t<Pointer>* object) const { kRelease(object); }
};
template <typename Pointer, void (*kRelease)(Pointer)>
using Owned = std::unique_ptr<std::remove_pointer_t<Pointer>, Releaser<Pointer, kRelease>>;

using Credentials = Owned<gnutls_certificate_credentials_t, &gnutls_certificate_free_credentials>;
using Priorities = Owned<gnutls_priority_t, &gnutls_priority_deinit>;
using Certificate = Owned<gnutls_x509_crt_t, &gnutls_x509_crt_deinit>;
using PrivateKey = Owned<gnutls_x509_privkey_t, &gnutls_x509_privkey_deinit>;

// GnuTLS takes bytes that it does not change as if it did.
gnutls_datum_t DatumOf(const std::string& text) {
  return {.data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(text.data())),
          .size = static_cast<unsigned int>(text.size())};
}

std::vector<gnutls_x509_crt_t> PointersOf(const std::vector<Certificate>& certificates) {
  std::vector<gnutls_x509_crt_t> pointers;
  for (const Certificate& certificate : certificates) pointers.push_back(certificate.get());
  return pointers;
}

// As Go writes it: an IPv4 address that is written as one of IPv6 is one of IPv4.
std::optional<std::string> AddressOf(std::string_view bytes) {
  constexpr std::string_view kMapped("\0\0\0\0\0\0\0\0\0\0\xff\xff", 12);
  if (bytes.size() == 16 && bytes.starts_with(kMapped)) bytes.remove_prefix(kMapped.size());
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size()) ==
      nullptr) {
    return std::nullopt;
  }
  return text.data();
}

// The names of a certificate that the toolkit compares: DNS names, addresses, e-mail and URIs.
std::vector<std::string> SansOf(gnutls_x509_crt_t certificate) {
  std::vector<std::string> names;
  for (unsigned int i = 0;; ++i) {
    std::string name(kLongestName, '\0');
    std::size_t size = name.size();
    const int type =
        gnutls_x509_crt_get_subject_alt_name(certificate, i, name.data(), &size, nullptr);
    if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) return names;
    if (type == GNUTLS_E_SHORT_MEMORY_BUFFER) continue;  // one that is allowed is not so long
    if (type < 0) return names;
    name.resize(size);
    if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_RFC822NAME || type == GNUTLS_SAN_URI) {
      names.push_back(std::move(name));
    } else if (type == GNUTLS_SAN_IPADDRESS) {
      if (auto address = AddressOf(name)) names.push_back(*std::move(address));
    }
  }
}

// nullptr: it can't be read.
Certificate Import(const gnutls_datum_t& der) {
  gnutls_x509_crt_t made = nullptr;
  if (gnutls_x509_crt_init(&made) != GNUTLS_E_SUCCESS) return nullptr;
  Certificate certificate(made);
  if (gnutls_x509_crt_import(made, &der, GNUTLS_X509_FMT_DER) != GNUTLS_E_SUCCESS) return nullptr;
  return certificate;
}

// Takes a text that GnuTLS has allocated.
std::string TakeText(gnutls_datum_t& text) {
  if (text.data == nullptr) return {};
  std::string taken(reinterpret_cast<const char*>(text.data), text.size);
  gnutls_free(text.data);
  return taken;
}

// Whose certificate it is, for the log.
std::string SubjectOf(const gnutls_datum_t& der) {
  const Certificate certificate = Import(der);
  gnutls_datum_t name{};
  if (certificate) gnutls_x509_crt_get_dn3(certificate.get(), &name, 0);
  return TakeText(name);
}

// Why a client's certificate is refused, to the client and to the log.
struct Refusal {
  gnutls_alert_description_t alert = GNUTLS_A_BAD_CERTIFICATE;
  std::string reason;
};

std::optional<Refusal> FindFaultOfChain(gnutls_session_t session) {
  std::string purpose = GNUTLS_KP_TLS_WWW_CLIENT;
  gnutls_datum_t data = DatumOf(purpose);
  gnutls_typed_vdata_st vdata{.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = data.data, .size = 0};
  unsigned int faults = 0;
  const int status = gnutls_certificate_verify_peers(session, &vdata, 1, &faults);
  if (status != GNUTLS_E_SUCCESS) return Refusal{.reason = gnutls_strerror(status)};
  if (faults == 0) return std::nullopt;
  Refusal refusal;
  if ((faults & GNUTLS_CERT_EXPIRED) != 0) {
    refusal.alert = GNUTLS_A_CERTIFICATE_EXPIRED;
  } else if ((faults & (GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNATURE_FAILURE)) != 0) {
    // The latter of a CA that has the name of the one that is known.
    refusal.alert = GNUTLS_A_UNKNOWN_CA;
  }
  gnutls_datum_t reason{};
  gnutls_certificate_verification_status_print(faults, GNUTLS_CRT_X509, &reason, 0);
  refusal.reason = TakeText(reason);
  return refusal;
}

std::optional<Refusal> FindFaultOfNames(const gnutls_datum_t& der,
                                        const std::vector<std::string>& allowed) {
  const Certificate certificate = Import(der);
  if (!certificate) return Refusal{.reason = "it can't be read"};
  const std::vector<std::string> names = SansOf(certificate.get());
  if (std::find_first_of(names.begin(), names.end(), allowed.begin(), allowed.end()) !=
      names.end()) {
    return std::nullopt;
  }
  return Refusal{.reason =
                     fmt::format("its names are {}, expected one of client_allowed_sans",
                                 names.empty() ? "none" : fmt::to_string(fmt::join(names, ", ")))};
}

}  // namespace

struct TlsCredentials::Parts {
  Credentials credentials;
  Priorities priorities;
  ClientAuth client_auth;
  std::vector<std::string> allowed_sans;
  std::string certificate_origin;
  // When the server's certificate is valid.
  std::time_t valid_from = 0;
  std::time_t valid_until = 0;
};

class TlsCredentials::Maker {
 public:
  explicit Maker(const TlsSettings& settings) : settings_(settings) {}

  tl::expected<std::shared_ptr<const TlsCredentials>, std::vector<std::string>> Make() && {
    auto parts = std::make_unique<Parts>(Parts{.client_auth = settings_.client_auth,
                                               .allowed_sans = settings_.client_allowed_sans,
                                               .certificate_origin = settings_.cert.origin});
    gnutls_certificate_credentials_t credentials = nullptr;
    Check(settings_.origin, gnutls_certificate_allocate_credentials(&credentials));
    parts->credentials.reset(credentials);
    gnutls_priority_t priorities = nullptr;
    Check(settings_.origin,
          gnutls_priority_init(&priorities, settings_.priorities.c_str(), nullptr));
    parts->priorities.reset(priorities);
    const auto chain = ReadCertificates(settings_.cert);
    if (chain.size() > kLongestChain) {
      Refuse(settings_.cert.origin, fmt::format("it has {} certificates, expected at most {}",
                                                chain.size(), kLongestChain));
    }
    const PrivateKey key = ReadKey();
    std::vector<Certificate> authorities;
    if (settings_.client_ca) authorities = ReadCertificates(*settings_.client_ca);
    if (lines_.empty()) SetKey(credentials, chain, key.get());
    if (lines_.empty() && !authorities.empty()) {
      auto pointers = PointersOf(authorities);
      const int count = gnutls_certificate_set_x509_trust(credentials, pointers.data(),
                                                          static_cast<int>(pointers.size()));
      Check(settings_.client_ca->origin, std::min(count, 0));
    }
    if (!lines_.empty()) return tl::make_unexpected(std::move(lines_));
    parts->valid_from = gnutls_x509_crt_get_activation_time(chain.front().get());
    parts->valid_until = gnutls_x509_crt_get_expiration_time(chain.front().get());
    gnutls_certificate_set_verify_function(credentials, &TlsCredentials::Verify);
    return std::shared_ptr<const TlsCredentials>(new TlsCredentials(std::move(parts)));
  }

 private:
  void Refuse(std::string_view origin, std::string_view reason) {
    lines_.push_back(fmt::format("{}: {}", origin, reason));
  }

  void Check(std::string_view origin, int status) {
    if (status == GNUTLS_E_SUCCESS) return;
    Refuse(origin, fmt::format("GnuTLS does not take it: {}", gnutls_strerror(status)));
  }

  // Empty: there are none, which is said.
  std::vector<Certificate> ReadCertificates(const Pem& pem) {
    const gnutls_datum_t text = DatumOf(pem.text);
    gnutls_x509_crt_t* list = nullptr;
    unsigned int size = 0;
    const int status = gnutls_x509_crt_list_import2(&list, &size, &text, GNUTLS_X509_FMT_PEM, 0);
    std::vector<Certificate> certificates;
    if (status != GNUTLS_E_SUCCESS || size == 0) {
      Refuse(pem.origin, fmt::format("it has no certificate that can be read ({}), expected PEM, "
                                     "-----BEGIN CERTIFICATE----- and what follows",
                                     gnutls_strerror(status)));
      return certificates;
    }
    for (unsigned int i = 0; i < size; ++i) {
      certificates.emplace_back(list[i]);
    }
    gnutls_free(list);
    return certificates;
  }

  PrivateKey ReadKey() {
    gnutls_x509_privkey_t made = nullptr;
    Check(settings_.key.origin, gnutls_x509_privkey_init(&made));
    PrivateKey key(made);
    const gnutls_datum_t text = DatumOf(settings_.key.text);
    const int status = gnutls_x509_privkey_import2(made, &text, GNUTLS_X509_FMT_PEM, nullptr, 0);
    if (status == GNUTLS_E_DECRYPTION_FAILED) {
      Refuse(settings_.key.origin, "it has a password, expected a key without one");
    } else if (status != GNUTLS_E_SUCCESS) {
      Refuse(settings_.key.origin,
             fmt::format("it has no key that can be read ({}), expected PEM, -----BEGIN PRIVATE "
                         "KEY----- and what follows",
                         gnutls_strerror(status)));
    }
    return key;
  }

  void SetKey(gnutls_certificate_credentials_t credentials, const std::vector<Certificate>& chain,
              gnutls_x509_privkey_t key) {
    auto pointers = PointersOf(chain);
    const int status = gnutls_certificate_set_x509_key(credentials, pointers.data(),
                                                       static_cast<int>(pointers.size()), key);
    if (status == GNUTLS_E_CERTIFICATE_KEY_MISMATCH) {
      Refuse(settings_.key.origin,
             fmt::format("it is not the key of the first certificate of {}, expected that",
                         settings_.cert.origin));
    } else {
      Check(settings_.cert.origin, std::min(status, 0));
    }
  }

  const TlsSettings& settings_;
  std::vector<std::string> lines_;
};

tl::expected<std::shared_ptr<const TlsCredentials>, std::vector<std::string>> TlsCredentials::Make(
    const TlsSettings& settings) {
  return Maker(settings).Make();
}

TlsCredentials::TlsCredentials(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
TlsCredentials::~TlsCredentials() = default;

void TlsCredentials::ApplyTo(gnutls_session_int* session) const {
  // Where one of these fails there is no memory: the handshake fails, too.
  // Verify gets it back as it is here.
  gnutls_session_set_ptr(session, const_cast<TlsCredentials*>(this));
  gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, parts_->credentials.get());
  gnutls_priority_set(session, parts_->priorities.get());
  gnutls_certificate_server_set_request(
      session, parts_->client_auth == ClientAuth::kNone ? GNUTLS_CERT_IGNORE : GNUTLS_CERT_REQUEST);
}

std::optional<std::string> TlsCredentials::FindFaultAt(
    std::chrono::system_clock::time_point time) const {
  const std::time_t now = std::chrono::system_clock::to_time_t(time);
  const bool has_expired = now > parts_->valid_until;
  if (!has_expired && now >= parts_->valid_from) return std::nullopt;
  return fmt::format("{}: it {} {:%FT%TZ}, expected one that is valid now",
                     parts_->certificate_origin,
                     has_expired ? "has expired at" : "is not valid before",
                     fmt::gmtime(has_expired ? parts_->valid_until : parts_->valid_from));
}

bool TlsCredentials::Admits(gnutls_session_int* session) const {
  if (parts_->client_auth != ClientAuth::kRequireAny &&
      parts_->client_auth != ClientAuth::kRequireAndVerify) {
    return true;
  }
  unsigned int size = 0;
  return gnutls_certificate_get_peers(session, &size) != nullptr && size > 0;
}

// What is not 0 ends the handshake. GnuTLS tells the client nothing of that by itself. No exception
// may cross it, since it is C.
int TlsCredentials::Verify(gnutls_session_int* session) {
  const Parts& parts = *static_cast<const TlsCredentials*>(gnutls_session_get_ptr(session))->parts_;
  unsigned int size = 0;
  const gnutls_datum_t* const certificates = gnutls_certificate_get_peers(session, &size);
  if (certificates == nullptr || size == 0) return 0;
  try {
    std::optional<Refusal> refusal;
    if (parts.client_auth == ClientAuth::kVerifyIfGiven ||
        parts.client_auth == ClientAuth::kRequireAndVerify) {
      refusal = FindFaultOfChain(session);
    }
    if (!refusal && !parts.allowed_sans.empty()) {
      refusal = FindFaultOfNames(certificates[0], parts.allowed_sans);
    }
    if (!refusal) return 0;
    gnutls_alert_send(session, GNUTLS_AL_FATAL, refusal->alert);
    // Anybody can have as many of these lines as he likes.
    if (IsLogged(LogLevel::kDebug)) {
      LogDebug(
          "a client's certificate is refused",
          {{"subject", Excerpt(SubjectOf(certificates[0]))}, {"reason", Excerpt(refusal->reason)}});
    }
  } catch (const std::exception&) {
    // There is no memory for it.
  }
  return GNUTLS_E_CERTIFICATE_ERROR;
}

}  // namespace arkouda_exporter
