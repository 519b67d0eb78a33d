#include "exporter/web/tls_credentials.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "common/file_descriptor.h"
#include "test/support/certificates.h"

namespace arkouda_exporter {
namespace {

using testing::Identity;
using testing::MakeIdentity;
using Shared = std::shared_ptr<const TlsCredentials>;

gnutls_datum_t DatumOf(const std::string& text) {
  return {.data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(text.data())),
          .size = static_cast<unsigned int>(text.size())};
}

/// One end of a connection, without waiting.
class Session {
 public:
  Session(unsigned int side, int socket) {
    gnutls_init(&session_, side | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL);
    gnutls_transport_set_int(session_, socket);
  }
  ~Session() { gnutls_deinit(session_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  gnutls_session_t get() const { return session_; }

 private:
  gnutls_session_t session_ = nullptr;
};

struct Client {
  const Identity* identity = nullptr;  ///< nullptr: it sends no certificate
  std::string priorities = "NORMAL";
};

/// What became of a handshake.
struct Outcome {
  bool is_established = false;  ///< by both sides, and bytes came through in both directions
  bool is_admitted = false;
  gnutls_protocol_t version = GNUTLS_VERSION_UNKNOWN;
  std::string suite;
  std::string server;  ///< the server's certificate in PEM
  std::string alert;   ///< what the client was told when it was refused
};

Outcome Connect(const TlsCredentials& credentials, const Client& wanted) {
  std::array<int, 2> sockets{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets.data()), 0);
  const FileDescriptor server_end(sockets[0]);
  const FileDescriptor client_end(sockets[1]);
  gnutls_certificate_credentials_t client_credentials = nullptr;
  gnutls_certificate_allocate_credentials(&client_credentials);
  Outcome outcome;
  {
    const Session server(GNUTLS_SERVER, server_end.get());
    // As libmicrohttpd has it: something was set before.
    gnutls_set_default_priority(server.get());
    credentials.ApplyTo(server.get());
    const Session client(GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT, client_end.get());
    EXPECT_EQ(gnutls_priority_set_direct(client.get(), wanted.priorities.c_str(), nullptr), 0);
    if (wanted.identity != nullptr) {
      const auto certificate = DatumOf(wanted.identity->certificate);
      const auto key = DatumOf(wanted.identity->key);
      EXPECT_GE(gnutls_certificate_set_x509_key_mem(client_credentials, &certificate, &key,
                                                    GNUTLS_X509_FMT_PEM),
                0);
    }
    gnutls_credentials_set(client.get(), GNUTLS_CRD_CERTIFICATE, client_credentials);

    int server_status = GNUTLS_E_AGAIN;
    int client_status = GNUTLS_E_AGAIN;
    for (int round = 0; round < 100; ++round) {
      if (client_status == GNUTLS_E_AGAIN) client_status = gnutls_handshake(client.get());
      if (server_status == GNUTLS_E_AGAIN) server_status = gnutls_handshake(server.get());
      if (server_status != GNUTLS_E_AGAIN && client_status != GNUTLS_E_AGAIN) break;
    }
    // In TLS 1.3 the client is done before the server has seen its certificate.
    std::array<char, 1> received{};
    if (server_status != 0 && client_status == 0) {
      client_status =
          static_cast<int>(gnutls_record_recv(client.get(), received.data(), received.size()));
    }
    if (client_status == GNUTLS_E_FATAL_ALERT_RECEIVED) {
      outcome.alert = gnutls_alert_get_name(gnutls_alert_get(client.get()));
    }
    if (server_status == 0 && client_status == 0) {
      std::array<char, 1> byte{'x'};
      const bool has_asked = gnutls_record_send(client.get(), byte.data(), 1) == 1 &&
                             gnutls_record_recv(server.get(), byte.data(), 1) == 1;
      // There may be a ticket first, which is GNUTLS_E_AGAIN.
      bool has_answered = gnutls_record_send(server.get(), byte.data(), 1) == 1;
      for (int round = 0; round < 10; ++round) {
        const auto size = gnutls_record_recv(client.get(), byte.data(), 1);
        has_answered = size == 1;
        if (size != GNUTLS_E_AGAIN) break;
      }
      outcome.is_established = has_asked && has_answered;
      outcome.is_admitted = credentials.Admits(server.get());
      outcome.version = gnutls_protocol_get_version(server.get());
      outcome.suite = gnutls_ciphersuite_get(server.get());
      unsigned int size = 0;
      const gnutls_datum_t* certificate = gnutls_certificate_get_peers(client.get(), &size);
      gnutls_datum_t text{};
      if (certificate != nullptr &&
          gnutls_pem_base64_encode2("CERTIFICATE", certificate, &text) == 0) {
        outcome.server.assign(reinterpret_cast<const char*>(text.data), text.size);
        gnutls_free(text.data);
      }
    }
  }
  gnutls_certificate_free_credentials(client_credentials);
  return outcome;
}

class TlsCredentialsTest : public ::testing::Test {
 protected:
  TlsSettings Settings(ClientAuth client_auth = ClientAuth::kNone) const {
    TlsSettings settings{.cert = {.text = server_.certificate, .origin = "the certificate"},
                         .key = {.text = server_.key, .origin = "the key"},
                         .client_auth = client_auth,
                         .priorities = *PrioritiesOf({})};
    if (client_auth == ClientAuth::kVerifyIfGiven || client_auth == ClientAuth::kRequireAndVerify) {
      settings.client_ca = Pem{.text = ca_.certificate, .origin = "the CA"};
    }
    return settings;
  }

  static Shared Make(const TlsSettings& settings) {
    auto made = TlsCredentials::Make(settings);
    EXPECT_TRUE(made) << ::testing::PrintToString(made.error());
    return *made;
  }

  const Identity server_ = MakeIdentity({.name = "server"});
  const Identity ca_ = MakeIdentity({.name = "ca", .is_ca = true});
  const Identity other_ca_ = MakeIdentity({.name = "ca", .is_ca = true});
  const Identity good_ =
      MakeIdentity({.name = "node17",
                    .issuer = &ca_,
                    .dns_names = {"node17", "*.cluster"},
                    .uris = {"spiffe://cluster/node17"},
                    .emails = {"admin@node17"},
                    .addresses = {std::string("\x0a\0\0\1", 4), std::string(15, '\0') + "\1"}});
  const Identity expired_ = MakeIdentity({.name = "node17", .issuer = &ca_, .is_expired = true});
  const Identity of_other_ca_ = MakeIdentity({.name = "node17", .issuer = &other_ca_});
  const Identity server_alone_ =
      MakeIdentity({.name = "node17", .issuer = &ca_, .is_for_servers_alone = true});
};

TEST_F(TlsCredentialsTest, ServeTls12AndTls13ByDefault) {
  const Shared credentials = Make(Settings());
  for (const auto& [priorities, version] : std::vector<std::pair<std::string, gnutls_protocol_t>>{
           {"NORMAL:-VERS-ALL:+VERS-TLS1.2", GNUTLS_TLS1_2}, {"NORMAL", GNUTLS_TLS1_3}}) {
    const Outcome outcome = Connect(*credentials, {.priorities = priorities});
    EXPECT_TRUE(outcome.is_established) << priorities;
    EXPECT_TRUE(outcome.is_admitted) << priorities;
    EXPECT_EQ(outcome.version, version);
    EXPECT_EQ(outcome.server, server_.certificate);
  }
  EXPECT_FALSE(
      Connect(*credentials, {.priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.1"}).is_established);
}

TEST_F(TlsCredentialsTest, ServeEachVersionThatTheSettingsHave) {
  for (const auto& [version, priorities, protocol] :
       std::vector<std::tuple<TlsVersion, std::string, gnutls_protocol_t>>{
           {TlsVersion::k10, "NORMAL:-VERS-ALL:+VERS-TLS1.0", GNUTLS_TLS1_0},
           {TlsVersion::k11, "NORMAL:-VERS-ALL:+VERS-TLS1.1", GNUTLS_TLS1_1},
           {TlsVersion::k12, "NORMAL", GNUTLS_TLS1_2},
           {TlsVersion::k13, "NORMAL", GNUTLS_TLS1_3}}) {
    TlsSettings settings = Settings();
    settings.priorities = *PrioritiesOf({.min_version = version, .max_version = version});
    const Outcome outcome = Connect(*Make(settings), {.priorities = priorities});
    EXPECT_TRUE(outcome.is_established) << priorities;
    EXPECT_EQ(outcome.version, protocol);
  }
}

TEST_F(TlsCredentialsTest, ServeTheSuitesOfTheSettingsInTheirOrder) {
  TlsSettings settings = Settings();
  const auto suite_with = [&](const TlsPreferences& preferences, const std::string& client) {
    settings.priorities = *PrioritiesOf(preferences);
    return Connect(*Make(settings), {.priorities = client}).suite;
  };
  constexpr const char* kTls12 = "NORMAL:-VERS-ALL:+VERS-TLS1.2";
  TlsPreferences preferences{.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
                                               "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}};
  EXPECT_EQ(suite_with(preferences, kTls12), "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
  EXPECT_EQ(suite_with(preferences, "NORMAL"), "TLS_CHACHA20_POLY1305_SHA256");
  std::swap(preferences.cipher_suites[0], preferences.cipher_suites[1]);
  EXPECT_EQ(suite_with(preferences, kTls12), "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
  preferences.prefers_own_suites = false;
  EXPECT_EQ(suite_with(preferences,
                       "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+CHACHA20-POLY1305:"
                       "+AES-128-GCM"),
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
  EXPECT_EQ(suite_with(preferences, "NORMAL:-CIPHER-ALL:+AES-256-GCM"), "");
  EXPECT_EQ(suite_with(
                {.min_version = TlsVersion::k13, .cipher_suites = {"TLS_CHACHA20_POLY1305_SHA256"}},
                "NORMAL"),
            "TLS_CHACHA20_POLY1305_SHA256");
}

TEST_F(TlsCredentialsTest, ServeTheCurvesOfTheSettingsAlone) {
  TlsSettings settings = Settings();
  settings.priorities = *PrioritiesOf({.curves = {"CurveP384"}});
  for (const std::string version : {"NORMAL", "NORMAL:-VERS-ALL:+VERS-TLS1.2"}) {
    EXPECT_FALSE(Connect(*Make(settings), {.priorities = version + ":-GROUP-ALL:+GROUP-X25519"})
                     .is_established);
    // The certificate's own curve is one, too, in TLS 1.2.
    EXPECT_TRUE(Connect(*Make(settings),
                        {.priorities = version + ":-GROUP-ALL:+GROUP-SECP384R1:+GROUP-SECP256R1"})
                    .is_established);
  }
}

TEST_F(TlsCredentialsTest, ANewCertificateIsThatOfTheNextHandshake) {
  const Shared before = Make(Settings());
  TlsSettings settings = Settings();
  const Identity renewed = MakeIdentity({.name = "server"});
  settings.cert.text = renewed.certificate;
  settings.key.text = renewed.key;
  EXPECT_EQ(Connect(*Make(settings), {}).server, renewed.certificate);
  EXPECT_EQ(Connect(*before, {}).server, server_.certificate);
}

TEST_F(TlsCredentialsTest, ClientCertificatesAreVerifiedAsTheSettingsHaveIt) {
  const Identity self_signed = MakeIdentity({.name = "node17"});
  struct Case {
    const char* name;
    const Identity* identity;
    const char* alert;  // where it is refused
    // Of kNone, kRequest, kRequireAny, kVerifyIfGiven and kRequireAndVerify: established, admitted.
    std::vector<std::pair<bool, bool>> expected;
  };
  const std::pair<bool, bool> in(true, true);
  const std::pair<bool, bool> out(false, false);
  const std::pair<bool, bool> not_admitted(true, false);
  const std::vector<Case> cases = {
      {"none", nullptr, "", {in, in, not_admitted, in, not_admitted}},
      {"good", &good_, "", {in, in, in, in, in}},
      {"expired", &expired_, "Certificate is expired", {in, in, in, out, out}},
      {"of another CA", &of_other_ca_, "CA is unknown", {in, in, in, out, out}},
      {"signed by itself", &self_signed, "CA is unknown", {in, in, in, out, out}},
      {"for servers alone", &server_alone_, "Certificate is bad", {in, in, in, out, out}},
  };
  for (const std::string version : {"NORMAL", "NORMAL:-VERS-ALL:+VERS-TLS1.2"}) {
    for (const Case& each : cases) {
      for (std::size_t i = 0; i < each.expected.size(); ++i) {
        SCOPED_TRACE(version + ", " + each.name + ", " + std::to_string(i));
        const Shared credentials = Make(Settings(static_cast<ClientAuth>(i)));
        const Outcome outcome =
            Connect(*credentials, {.identity = each.identity, .priorities = version});
        EXPECT_EQ(std::pair(outcome.is_established, outcome.is_admitted), each.expected[i]);
        EXPECT_EQ(outcome.alert, each.expected[i] == out ? each.alert : "");
      }
    }
  }
}

TEST_F(TlsCredentialsTest, AClientNeedsOneOfTheAllowedNamesToTheLetter) {
  for (const std::string version : {"NORMAL", "NORMAL:-VERS-ALL:+VERS-TLS1.2"}) {
    for (const ClientAuth client_auth : {ClientAuth::kRequireAny, ClientAuth::kRequireAndVerify}) {
      TlsSettings settings = Settings(client_auth);
      for (const std::string name :
           {"node17", "*.cluster", "spiffe://cluster/node17", "admin@node17", "10.0.0.1", "::1"}) {
        settings.client_allowed_sans = {"node18", name};
        EXPECT_TRUE(
            Connect(*Make(settings), {.identity = &good_, .priorities = version}).is_established)
            << name;
      }
      for (const std::string name : {"NODE17", "node1", "a.cluster", "ca", "10.0.0.2"}) {
        settings.client_allowed_sans = {name};
        const Outcome outcome =
            Connect(*Make(settings), {.identity = &good_, .priorities = version});
        EXPECT_FALSE(outcome.is_established) << name;
        EXPECT_EQ(outcome.alert, "Certificate is bad") << name;
      }
      // Its common name is no name.
      const Identity nameless = MakeIdentity({.name = "node17", .issuer = &ca_});
      settings.client_allowed_sans = {"node17"};
      EXPECT_FALSE(
          Connect(*Make(settings), {.identity = &nameless, .priorities = version}).is_established);
    }
  }
}

TEST_F(TlsCredentialsTest, ACertificateThatIsNotValidAtATimeIsToldOf) {
  const Shared credentials = Make(Settings());
  const auto now = std::chrono::system_clock::now();
  EXPECT_EQ(credentials->FindFaultAt(now), std::nullopt);
  EXPECT_THAT(
      credentials->FindFaultAt(now + std::chrono::years(1)).value(),
      ::testing::MatchesRegex("the certificate: it has expired at 2.*Z, expected one that is "
                              "valid now"));
  EXPECT_THAT(credentials->FindFaultAt(now - std::chrono::years(1)).value(),
              ::testing::StartsWith("the certificate: it is not valid before 2"));
}

TEST_F(TlsCredentialsTest, AllThatIsWrongIsToldOfAtOnce) {
  TlsSettings settings = Settings(ClientAuth::kRequireAndVerify);
  settings.cert.text = "garbage";
  settings.key.text = server_.certificate;
  settings.client_ca->text = "";
  const auto made = TlsCredentials::Make(settings);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error(), ::testing::ElementsAre(
                                ::testing::StartsWith("the certificate: it has no certificate"),
                                ::testing::StartsWith("the key: it has no key"),
                                ::testing::StartsWith("the CA: it has no certificate")));
}

TEST_F(TlsCredentialsTest, AChainThatNoClientFollowsIsRefused) {
  TlsSettings settings = Settings();
  for (int i = 0; i < 16; ++i) settings.cert.text += ca_.certificate;
  const auto made = TlsCredentials::Make(settings);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error(), ::testing::ElementsAre(
                                "the certificate: it has 17 certificates, expected at most 16"));
}

}  // namespace
}  // namespace arkouda_exporter
