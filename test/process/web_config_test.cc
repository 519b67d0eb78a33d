#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "test/support/await.h"
#include "test/support/bcrypt.h"
#include "test/support/certificates.h"
#include "test/support/exporter_test.h"
#include "test/support/temp_dir.h"

// The exporter with a web configuration, asked by the real curl.

namespace arkouda_exporter::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kTls = "tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n";
const std::string kUser = "basic_auth_users: {ann: \"" + BcryptOf("secret") + "\"}\n";

class WebConfigTest : public ExporterTest {
 protected:
  Exporter& StartWith(const std::string& config) {
    directory_.Write("web.yml", config);
    return StartExporter(unused_port_.number(),
                         {"--polling-interval=1h", "--web.config.file=" + Path("web.yml")});
  }

  std::string Path(const std::string& name) const { return (directory_.path() / name).string(); }

  // The server's, signed by the CA.
  void WriteServerIdentity(std::string_view name) const {
    const Identity server = MakeIdentity({.name = name,
                                          .issuer = &ca_,
                                          .dns_names = {"localhost"},
                                          .addresses = {std::string("\x7f\x00\x00\x01", 4)}});
    directory_.Write("tls.crt", server.certificate);
    directory_.Write("tls.key", server.key);
  }

  void WriteClientIdentity(const Identity& client) const {
    directory_.Write("client.crt", client.certificate);
    directory_.Write("client.key", client.key);
  }

  HttpResponse Ask(const Exporter& exporter, const std::string& path,
                   Arguments arguments = {}) const {
    arguments.insert(arguments.end(),
                     {"--cacert", Path("ca.crt"),
                      "https://127.0.0.1:" + std::to_string(exporter.port()) + path});
    return Curl(arguments);
  }

  Arguments WithClientCertificate() const {
    return {"--cert", Path("client.crt"), "--key", Path("client.key")};
  }

  void SetUp() override {
    directory_.Write("ca.crt", ca_.certificate);
    WriteServerIdentity("first");
  }

  const Identity ca_ = MakeIdentity({.name = "ca", .is_ca = true});
  const TempDir directory_;

 private:
  const FreePort unused_port_;
};

TEST_F(WebConfigTest, TlsIsServedInBothVersionsAndNothingElse) {
  Exporter& exporter = StartWith(kTls);
  for (const Arguments& version :
       {Arguments{"--tlsv1.2", "--tls-max", "1.2"}, Arguments{"--tlsv1.3"}}) {
    const HttpResponse response = Ask(exporter, "/metrics", version);
    EXPECT_EQ(response.status, 200) << response.error;
    EXPECT_TRUE(Page::Parse(response.body).value().TargetValue("arkouda_up"));
  }
  EXPECT_EQ(Ask(exporter, "/metrics", {"--tls-max", "1.1"}).status, 0);
  EXPECT_EQ(exporter.Get("/metrics").status, 0) << "plain text";
}

TEST_F(WebConfigTest, APasswordIsAskedForButNotOfKubelet) {
  Exporter& exporter = StartWith(std::string(kTls) + kUser);
  EXPECT_EQ(Ask(exporter, "/metrics").status, 401);
  EXPECT_THAT(Ask(exporter, "/metrics").headers.at("www-authenticate"), HasSubstr("Basic"));
  EXPECT_EQ(Ask(exporter, "/metrics", {"--user", "ann:wrong"}).status, 401);
  EXPECT_EQ(Ask(exporter, "/metrics", {"--user", "bob:secret"}).status, 401);
  EXPECT_EQ(Ask(exporter, "/metrics", {"--user", "ann:secret"}).status, 200);
  EXPECT_EQ(Ask(exporter, "/", {"--user", "ann:secret"}).status, 200);
  EXPECT_EQ(Ask(exporter, "/-/healthy").body, "Healthy.\n");
  EXPECT_EQ(Ask(exporter, "/-/ready").body, "Ready.\n");
}

TEST_F(WebConfigTest, ACertificateIsAskedForButNotOfKubelet) {
  Exporter& exporter = StartWith(
      "tls_server_config: {cert_file: tls.crt, key_file: tls.key, client_ca_file: ca.crt, "
      "client_auth_type: RequireAndVerifyClientCert, client_allowed_sans: [scraper]}\n");
  WriteClientIdentity(MakeIdentity({.name = "good", .issuer = &ca_, .dns_names = {"scraper"}}));
  EXPECT_EQ(Ask(exporter, "/metrics", WithClientCertificate()).status, 200);
  EXPECT_EQ(Ask(exporter, "/metrics").status, 403);
  EXPECT_EQ(Ask(exporter, "/-/healthy").status, 200);
  const Identity other_ca = MakeIdentity({.name = "ca", .is_ca = true});
  for (const Wanted& bad :
       {Wanted{.name = "expired", .issuer = &ca_, .dns_names = {"scraper"}, .is_expired = true},
        Wanted{.name = "another CA's", .issuer = &other_ca, .dns_names = {"scraper"}},
        Wanted{.name = "another name", .issuer = &ca_, .dns_names = {"other"}}}) {
    WriteClientIdentity(MakeIdentity(bad));
    EXPECT_EQ(Ask(exporter, "/metrics", WithClientCertificate()).status, 0) << bad.name;
  }
}

TEST_F(WebConfigTest, AChangedCertificateIsUsedFromTheNextHandshakeOn) {
  Exporter& exporter = StartWith(kTls);
  const auto name = [&] {
    return RunToEnd("curl", {"--disable", "--noproxy", "*", "--silent", "--cacert", Path("ca.crt"),
                             "--output", "/dev/null", "--write-out", "%{certs}",
                             "https://127.0.0.1:" + std::to_string(exporter.port()) + "/-/ready"})
        .out;
  };
  EXPECT_THAT(name(), HasSubstr("CN = first"));
  WriteServerIdentity("second");
  EXPECT_TRUE(
      Await("the new one", [&] { return name().find("CN = second") != std::string::npos; }));
  EXPECT_EQ(exporter.Log("the web configuration is in force").size(), 1U);
}

TEST_F(WebConfigTest, ABadNewVersionIsLoggedAndTheOldOneStaysInForce) {
  Exporter& exporter = StartWith(std::string(kTls) + kUser);
  const auto is_successful = [&] {
    const HttpResponse response = Ask(exporter, "/metrics", {"--user", "ann:secret"});
    const auto page = Page::Parse(response.body);
    return page ? page->Value("arkouda_exporter_web_config_last_reload_successful") : std::nullopt;
  };
  EXPECT_EQ(is_successful(), 1);
  for (const std::string& bad : {std::string(kTls) + "junk: 1\n", std::string("{}\n")}) {
    directory_.Write("web.yml", bad);
    EXPECT_TRUE(Await("a failed reload", [&] { return is_successful() == 0; }));
    EXPECT_EQ(Ask(exporter, "/metrics").status, 401);
    directory_.Write("web.yml", std::string(kTls) + kUser);
    EXPECT_TRUE(Await("a good one", [&] { return is_successful() == 1; }));
  }
  const auto log =
      exporter.Log("the web configuration can't be used, what it said before stays in force");
  ASSERT_EQ(log.size(), 2U);
  EXPECT_THAT(log[0].at("reason"), HasSubstr("web.yml:2: \"junk\""));
  EXPECT_THAT(log[1].at("reason"), HasSubstr("tls_server_config is gone"));
}

TEST_F(WebConfigTest, WhatIsWrongEndsTheStartWithALineEach) {
  const std::string file =
      directory_.Write("web.yml", "junk: 1\nbasic_auth_users: {ann: secret}\n");
  for (const Arguments& arguments : {Arguments{}, Arguments{"--check"}}) {
    Arguments all = {"--web.config.file=" + file, "--web.listen-address=127.0.0.1:0"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const Finished exporter = RunToEnd(kExporterBinary, all);
    EXPECT_EQ(exporter.ending, Exited(2));
    ASSERT_EQ(Lines(exporter.err).size(), 2U) << exporter.err;
    EXPECT_THAT(Lines(exporter.err)[0], HasSubstr(file + ":1: \"junk\""));
    EXPECT_THAT(Lines(exporter.err)[1], HasSubstr(file + ":2: "));
    EXPECT_THAT(exporter.err, ::testing::Not(HasSubstr("secret")));
  }
}

TEST_F(WebConfigTest, TheHealthCheckAsksOverTlsWhereThereIsTls) {
  const auto check = [&](const Exporter& exporter) {
    return RunToEnd(kExporterBinary,
                    {"--healthcheck", "--web.config.file=" + Path("web.yml"),
                     "--web.listen-address=127.0.0.1:" + std::to_string(exporter.port())});
  };
  const Finished with_tls = check(StartWith(
      "tls_server_config: {cert_file: tls.crt, key_file: tls.key, client_ca_file: ca.crt, "
      "client_auth_type: RequireAndVerifyClientCert}\n" +
      std::string(kUser)));
  EXPECT_EQ(with_tls.ending, Exited(0)) << with_tls.err;
  EXPECT_EQ(with_tls.err, "");
  const Finished with_password_alone = check(StartWith(kUser));
  EXPECT_EQ(with_password_alone.ending, Exited(0)) << with_password_alone.err;
}

TEST_F(WebConfigTest, HandshakesThatNeverEndShutOutNobody) {
  Exporter& exporter = StartWith(kTls);
  std::vector<std::unique_ptr<TcpClient>> crowd;
  for (int i = 0; i < 1000; ++i) {
    crowd.push_back(std::make_unique<TcpClient>(exporter.port()));
    if (i % 2 == 0) crowd.back()->TrySend("\x16\x03\x01");
  }
  EXPECT_EQ(Ask(exporter, "/metrics").status, 200);
  EXPECT_TRUE(Await("all are sent away", [&] {
    return std::all_of(crowd.begin(), crowd.end(),
                       [](const auto& client) { return client->IsSentAway(); });
  }));
  EXPECT_EQ(Ask(exporter, "/metrics").status, 200);
}

}  // namespace
}  // namespace arkouda_exporter::testing
