#include "test/support/certificates.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <iostream>

namespace arkouda_exporter::testing {
namespace {

void Check(int status) {
  if (status >= 0) return;
  std::cerr << "no certificate for the test: " << gnutls_strerror(status) << std::endl;
  std::abort();
}

gnutls_datum_t DatumOf(const std::string& text) {
  // GnuTLS does not change it.
  return {.data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(text.data())),
          .size = static_cast<unsigned int>(text.size())};
}

std::string TextOf(const gnutls_datum_t& datum) {
  std::string text(reinterpret_cast<const char*>(datum.data), datum.size);
  gnutls_free(datum.data);
  return text;
}

std::time_t FromNow(std::chrono::hours hours) {
  return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + hours);
}

}  // namespace

Identity MakeIdentity(const Wanted& wanted) {
  gnutls_x509_privkey_t key = nullptr;
  Check(gnutls_x509_privkey_init(&key));
  Check(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
  gnutls_x509_crt_t certificate = nullptr;
  Check(gnutls_x509_crt_init(&certificate));
  Check(gnutls_x509_crt_set_version(certificate, 3));
  static unsigned char last_serial = 0;
  const std::array<unsigned char, 2> serial{1, ++last_serial};
  Check(gnutls_x509_crt_set_serial(certificate, serial.data(), serial.size()));
  Check(gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0,
                                      wanted.name.data(),
                                      static_cast<unsigned int>(wanted.name.size())));
  Check(gnutls_x509_crt_set_activation_time(certificate, FromNow(std::chrono::hours(-72))));
  Check(gnutls_x509_crt_set_expiration_time(
      certificate, FromNow(std::chrono::hours(wanted.is_expired ? -24 : 72))));
  Check(gnutls_x509_crt_set_key(certificate, key));
  Check(gnutls_x509_crt_set_basic_constraints(certificate, wanted.is_ca ? 1 : 0, -1));
  if (!wanted.is_ca) {
    Check(gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_SERVER, 0));
    if (!wanted.is_for_servers_alone) {
      Check(gnutls_x509_crt_set_key_purpose_oid(certificate, GNUTLS_KP_TLS_WWW_CLIENT, 0));
    }
  }
  const auto add_names = [&](gnutls_x509_subject_alt_name_t type,
                             const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      Check(gnutls_x509_crt_set_subject_alt_name(certificate, type, name.data(),
                                                 static_cast<unsigned int>(name.size()),
                                                 GNUTLS_FSAN_APPEND));
    }
  };
  add_names(GNUTLS_SAN_DNSNAME, wanted.dns_names);
  add_names(GNUTLS_SAN_URI, wanted.uris);
  add_names(GNUTLS_SAN_RFC822NAME, wanted.emails);
  add_names(GNUTLS_SAN_IPADDRESS, wanted.addresses);

  gnutls_x509_privkey_t issuer_key = key;
  gnutls_x509_crt_t issuer = certificate;
  if (wanted.issuer != nullptr) {
    Check(gnutls_x509_privkey_init(&issuer_key));
    const gnutls_datum_t key_text = DatumOf(wanted.issuer->key);
    Check(gnutls_x509_privkey_import(issuer_key, &key_text, GNUTLS_X509_FMT_PEM));
    Check(gnutls_x509_crt_init(&issuer));
    const gnutls_datum_t text = DatumOf(wanted.issuer->certificate);
    Check(gnutls_x509_crt_import(issuer, &text, GNUTLS_X509_FMT_PEM));
  }
  Check(gnutls_x509_crt_sign2(certificate, issuer, issuer_key, GNUTLS_DIG_SHA256, 0));

  Identity made;
  gnutls_datum_t datum{};
  Check(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &datum));
  made.certificate = TextOf(datum);
  Check(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &datum));
  made.key = TextOf(datum);
  if (wanted.issuer != nullptr) {
    gnutls_x509_privkey_deinit(issuer_key);
    gnutls_x509_crt_deinit(issuer);
  }
  gnutls_x509_crt_deinit(certificate);
  gnutls_x509_privkey_deinit(key);
  return made;
}

}  // namespace arkouda_exporter::testing
