#include <gtest/gtest.h>

#include <string>

#include "test/e2e/prometheus.h"
#include "test/support/await.h"
#include "test/support/bcrypt.h"
#include "test/support/certificates.h"
#include "test/support/exporter_test.h"
#include "test/support/temp_dir.h"

// A real Prometheus that scrapes over TLS, with a password.

namespace arkouda_exporter::testing {
namespace {

class WebConfigE2eTest : public ExporterTest {
 protected:
  std::string Path(const std::string& name) const { return (directory_.path() / name).string(); }

  void WriteServerIdentity() const {
    const Identity server = MakeIdentity(
        {.name = "exporter", .issuer = &ca_, .addresses = {std::string("\x7f\x00\x00\x01", 4)}});
    directory_.Write("tls.crt", server.certificate);
    directory_.Write("tls.key", server.key);
  }

  void SetUp() override {
    directory_.Write("ca.crt", ca_.certificate);
    WriteServerIdentity();
    directory_.Write("web.yml",
                     "tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n"
                     "basic_auth_users: {ann: \"" +
                         BcryptOf("secret") + "\"}\n");
  }

  std::string ScrapeWith(const std::string& password) const {
    return "scheme: https\n    tls_config: {ca_file: " + Path("ca.crt") +
           "}\n    basic_auth: {username: ann, password: " + password + "}";
  }

 private:
  const Identity ca_ = MakeIdentity({.name = "ca", .is_ca = true});
  const TempDir directory_;
};

TEST_F(WebConfigE2eTest, PrometheusScrapesOverTlsAndGoesOnThroughAChangedCertificate) {
  Simulator& simulator = StartSimulator();
  Exporter& exporter = StartExporter(simulator, {kPatient, "--web.config.file=" + Path("web.yml")});
  const Prometheus prometheus(exporter.port(), ScrapeWith("secret"));
  EXPECT_TRUE(
      Await("Arkouda's metrics", [&] { return prometheus.Query("arkouda_up == 1").size() == 1; }));
  WriteServerIdentity();
  EXPECT_TRUE(Await("the new certificate",
                    [&] { return exporter.Log("the web configuration is in force").size() == 1; }));
  // One that has no connection yet has to take the new certificate.
  const Prometheus another(exporter.port(), ScrapeWith("secret"));
  EXPECT_TRUE(
      Await("Arkouda's metrics", [&] { return another.Query("arkouda_up == 1").size() == 1; }));
  EXPECT_TRUE(prometheus.Query("min_over_time(up[1h]) < 1").empty());
}

TEST_F(WebConfigE2eTest, PrometheusWithAWrongPasswordIsToldSo) {
  const FreePort server;
  Exporter& exporter = StartExporter(server.number(), {"--web.config.file=" + Path("web.yml")});
  const Prometheus prometheus(exporter.port(), ScrapeWith("wrong"));
  EXPECT_TRUE(Await("a failed scrape", [&] { return prometheus.target().health == "down"; }));
  EXPECT_EQ(prometheus.target().last_error, "server returned HTTP status 401 Unauthorized");
}

}  // namespace
}  // namespace arkouda_exporter::testing
