#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/types.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
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

namespace fs = std::filesystem;

constexpr const char* kTls = "tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n";
const std::string kUser = "basic_auth_users: {ann: \"" + BcryptOf("secret") + "\"}\n";

// Whether no thread of the process runs or wants to.
bool Sleeps(pid_t pid) {
  const std::filesystem::directory_iterator threads("/proc/" + std::to_string(pid) + "/task");
  return std::all_of(begin(threads), end(threads), [](const auto& thread) {
    std::ifstream file(thread.path() / "stat");
    const std::string stat(std::istreambuf_iterator<char>(file), {});
    return stat.find(") S ") != std::string::npos;
  });
}

class WebConfigTest : public ExporterTest {
 protected:
  Exporter& StartWith(const std::string& config) {
    directory_.Write("web.yml", config);
    return Start();
  }

  Exporter& Start() {
    return StartExporter(unused_port_.number(),
                         {"--polling-interval=1h", "--web.config.file=" + Path("web.yml")});
  }

  std::string Path(const std::string& name) const { return (directory_.path() / name).string(); }

  // The server's, signed by the CA.
  void WriteServerIdentity(std::string_view name, const std::string& folder = "") const {
    const Identity server = MakeIdentity({.name = name,
                                          .issuer = &ca_,
                                          .dns_names = {"localhost"},
                                          .addresses = {std::string("\x7f\x00\x00\x01", 4)}});
    directory_.Write(folder + "tls.crt", server.certificate);
    directory_.Write(folder + "tls.key", server.key);
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

  // Of the certificate that it shows, with more around it.
  std::string CertificateOf(const Exporter& exporter) const {
    return RunToEnd("curl", {"--disable", "--noproxy", "*", "--silent", "--cacert", Path("ca.crt"),
                             "--output", "/dev/null", "--write-out", "%{certs}",
                             "https://127.0.0.1:" + std::to_string(exporter.port()) + "/-/ready"})
        .out;
  }

  Finished GnutlsCli(const Exporter& exporter, const std::string& path, const std::string& version,
                     bool has_certificate) const {
    Arguments arguments = {"--logfile=/dev/stderr", "--x509cafile=" + Path("ca.crt"),
                           "--priority=NORMAL:-VERS-ALL:+VERS-TLS" + version,
                           "--port=" + std::to_string(exporter.port()), "127.0.0.1"};
    if (has_certificate) {
      arguments.insert(arguments.begin(), {"--x509certfile=" + Path("client.crt"),
                                           "--x509keyfile=" + Path("client.key")});
    }
    // Its input never ends, as it would hang up then whether or not it has an answer.
    arguments.insert(arguments.begin(),
                     {"-c",
                      "mkfifo \"$0\" && exec 3<>\"$0\" && rm \"$0\" && "
                      "printf 'GET %s HTTP/1.0\\r\\n\\r\\n' \"$1\" >&3 && shift && "
                      "exec gnutls-cli \"$@\" <&3",
                      Path("input"), path});
    return RunToEnd("sh", arguments);
  }

  void SetUp() override {
    directory_.Write("ca.crt", ca_.certificate);
    WriteServerIdentity("first");
  }

  const Identity ca_ = MakeIdentity({.name = "ca", .is_ca = true});
  const TempDir directory_;
  const FreePort unused_port_;
};

TEST_F(WebConfigTest, NoOldTlsAndNoPlainTextIsServed) {
  Exporter& exporter = StartWith(kTls);
  EXPECT_EQ(Ask(exporter, "/metrics").status, 200);
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

TEST_F(WebConfigTest, ARightPasswordGetsInBesideManyWrongOnes) {
  // Costly ones, so that wrong ones wait when the right one comes.
  Exporter& exporter = StartWith("basic_auth_users: {ann: \"" + BcryptOf("secret", "$2y$", 10) +
                                 "\", bob: \"" + BcryptOf("secret", "$2y$", 10) + "\"}\n");
  const auto status = [&](const std::string& user, const char* from) {
    return Curl({"--interface", from, "--user", user + ":secret", exporter.Url()}).status;
  };
  std::vector<std::unique_ptr<TcpClient>> crowd;
  const auto gather = [&](int size) {
    for (int i = 0; i < size; ++i) {
      crowd.push_back(std::make_unique<TcpClient>(exporter.port()));
      crowd.back()->Send("GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YW5uOng=\r\n\r\n");
    }
  };
  gather(24);
  EXPECT_EQ(status("ann", "127.0.0.1"), 200) << "the same name from the same address";
  crowd.clear();
  gather(200);
  EXPECT_TRUE(Await("one is turned away", [&] { return crowd.back()->HasData(); }));
  EXPECT_EQ(status("bob", "127.0.0.1"), 200) << "another name";
  EXPECT_EQ(exporter.Get("/").status, 401);
  crowd.clear();
  // ann is remembered, and this user is not.
  directory_.Write("web.yml",
                   "basic_auth_users: {eve: \"" + BcryptOf("secret", "$2y$", 10) + "\"}\n");
  EXPECT_TRUE(Await("the change",
                    [&] { return !exporter.Log("the web configuration is in force").empty(); }));
  gather(200);
  EXPECT_TRUE(Await("one is turned away", [&] { return crowd.back()->HasData(); }));
  EXPECT_EQ(status("eve", "127.0.0.2"), 200) << "another address";
}

TEST_F(WebConfigTest, AChangedCertificateIsUsedFromTheNextHandshakeOn) {
  Exporter& exporter = StartWith(kTls);
  EXPECT_THAT(CertificateOf(exporter), HasSubstr("CN = first"));
  WriteServerIdentity("second");
  EXPECT_TRUE(Await("the new one", [&] {
    return CertificateOf(exporter).find("CN = second") != std::string::npos;
  }));
  EXPECT_EQ(exporter.Log("the web configuration is in force").size(), 1U);
}

TEST_F(WebConfigTest, AChangeBehindALinkToAnotherFolderIsSeen) {
  const TempDir elsewhere;
  std::filesystem::create_symlink(elsewhere.Write("real.yml", "{}\n"), Path("link.yml"));
  Exporter& exporter = StartExporter(
      unused_port_.number(), {"--polling-interval=1h", "--web.config.file=" + Path("link.yml")});
  EXPECT_EQ(exporter.Get("/").status, 200);
  elsewhere.Write("real.yml", kUser);
  EXPECT_TRUE(Await("a password is asked for", [&] { return exporter.Get("/").status == 401; }));
}

TEST_F(WebConfigTest, ACertificateThatHasExpiredIsServedAndSaid) {
  const Identity expired = MakeIdentity({.name = "old", .issuer = &ca_, .is_expired = true});
  directory_.Write("tls.crt", expired.certificate);
  directory_.Write("tls.key", expired.key);
  const Exporter& exporter = StartWith(kTls);
  const auto log = exporter.Log("clients will refuse the certificate");
  ASSERT_EQ(log.size(), 1U);
  EXPECT_THAT(log[0].at("reason"), HasSubstr("tls.crt\": it has expired at 2"));
}

TEST_F(WebConfigTest, WhatIsWithoutEffectIsSaidAtTheStartAndWhenItComesLater) {
  const auto notes = [](const Exporter& exporter) {
    return exporter.Log("a setting of the web configuration is without effect");
  };
  const std::string http2 = "http_server_config: {http2: true}\n";
  Exporter& exporter = StartWith(http2);
  ASSERT_EQ(notes(exporter).size(), 1U);
  EXPECT_THAT(notes(exporter)[0].at("reason"), HasSubstr("web.yml:1: http_server_config.http2"));
  directory_.Write("web.yml", kUser + http2);
  EXPECT_TRUE(Await("a second note", [&] { return notes(exporter).size() == 2; }));
  EXPECT_THAT(notes(exporter)[1].at("reason"), HasSubstr("web.yml:2: http_server_config.http2"));
}

// How Kubernetes updates what it mounts of Secrets: each file is a link into ..data, which is a
// link to a folder with a date for its name, and is turned to a new one by a rename.
TEST_F(WebConfigTest, TheTurnedLinkOfASecretIsSeen) {
  const auto turn_to = [&](const std::string& date, std::string_view name,
                           const std::string& config) {
    fs::create_directory(Path(date));
    WriteServerIdentity(name, date + "/");
    directory_.Write(date + "/web.yml", config);
    fs::create_directory_symlink(date, Path("..data_tmp"));
    fs::rename(Path("..data_tmp"), Path("..data"));
  };
  turn_to("..2026_11_27_06_57", "first", kTls);
  for (const char* file : {"web.yml", "tls.crt", "tls.key"}) {
    fs::remove(Path(file));
    fs::create_symlink("..data/" + std::string(file), Path(file));
  }
  Exporter& exporter = Start();
  EXPECT_THAT(CertificateOf(exporter), HasSubstr("CN = first"));
  turn_to("..2026_11_27_06_58", "second", std::string(kTls) + kUser);
  fs::remove_all(Path("..2026_11_27_06_57"));
  EXPECT_TRUE(Await("the password", [&] { return Ask(exporter, "/metrics").status == 401; }));
  EXPECT_THAT(CertificateOf(exporter), HasSubstr("CN = second"));
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

TEST_F(WebConfigTest, AHandshakeThatIsWaitedForCostsNothing) {
  Exporter& exporter = StartWith(kTls);
  const TcpClient client(exporter.port());
  client.Send("\x16\x03\x01");
  // The half handshake has arrived before this one.
  EXPECT_EQ(Ask(exporter, "/metrics").status, 200);
  EXPECT_TRUE(Await("the exporter sleeps", [&] { return Sleeps(exporter.process().pid()); }));
  EXPECT_FALSE(client.IsSentAway());
  exporter.Stop(SIGTERM);
}

TEST_F(WebConfigTest, AClientIsToldWhyItsCertificateIsRefusedAndSoIsTheLog) {
  directory_.Write("web.yml",
                   "tls_server_config: {cert_file: tls.crt, key_file: tls.key, client_ca_file: "
                   "ca.crt, client_auth_type: RequireAndVerifyClientCert, client_allowed_sans: "
                   "[scraper]}\n");
  Exporter& exporter = StartExporter(
      unused_port_.number(),
      {"--polling-interval=1h", "--log.level=debug", "--web.config.file=" + Path("web.yml")});
  const Identity other_ca = MakeIdentity({.name = "other ca", .is_ca = true});
  struct Case {
    Wanted wanted;
    std::string alert;
    std::string reason;
  };
  const std::vector<Case> cases = {
      {{.name = "old", .issuer = &ca_, .dns_names = {"scraper"}, .is_expired = true},
       "Certificate is expired",
       "expired"},
      {{.name = "alien", .issuer = &other_ca, .dns_names = {"scraper"}},
       "CA is unknown",
       "issuer is unknown"},
      {{.name = "other", .issuer = &ca_, .dns_names = {"one", "two"}},
       "Certificate is bad",
       "its names are one, two, expected one of client_allowed_sans"}};
  std::size_t refused = 0;
  for (const std::string version : {"1.2", "1.3"}) {
    for (const Case& each : cases) {
      WriteClientIdentity(MakeIdentity(each.wanted));
      const Finished client = GnutlsCli(exporter, "/metrics", version, true);
      EXPECT_EQ(client.out, "");
      EXPECT_THAT(client.err, HasSubstr(each.alert));
      ++refused;
      std::vector<LogLine> log;
      ASSERT_TRUE(Await("the line of log", [&] {
        log = exporter.Log("a client's certificate is refused");
        return log.size() == refused;
      }));
      EXPECT_EQ(log.back().at("subject"), "CN=" + std::string(each.wanted.name));
      EXPECT_THAT(log.back().at("reason"), HasSubstr(each.reason));
    }
  }
}

// Clients of two TLS libraries, OpenSSL's and GnuTLS', in each version.
enum class Client { kCurl, kGnutlsCli };

class TlsClientTest : public WebConfigTest,
                      public ::testing::WithParamInterface<std::tuple<Client, std::string>> {
 protected:
  // The status of the answer; 0 when there is none since the client, or the exporter, hangs up.
  int Status(const Exporter& exporter, const std::string& path,
             bool has_certificate = false) const {
    const auto& [client, version] = GetParam();
    const std::string url = "https://127.0.0.1:" + std::to_string(exporter.port()) + path;
    if (client == Client::kCurl) {
      Arguments arguments = {"--tlsv" + version, "--tls-max", version};
      if (has_certificate) {
        arguments.insert(arguments.end(),
                         {"--cert", Path("client.crt"), "--key", Path("client.key")});
      }
      return Ask(exporter, path, arguments).status;
    }
    const Finished finished = GnutlsCli(exporter, path, version, has_certificate);
    constexpr std::string_view kBegin = "HTTP/1.1 ";
    int status = 0;
    if (finished.out.rfind(kBegin, 0) == 0) {
      const char* begin = finished.out.data() + kBegin.size();
      std::from_chars(begin, finished.out.data() + finished.out.size(), status);
    }
    return status;
  }
};

std::string NameOf(const ::testing::TestParamInfo<TlsClientTest::ParamType>& info) {
  const auto& [client, version] = info.param;
  return std::string(client == Client::kCurl ? "Curl" : "GnutlsCli") + version.front() +
         version.back();
}

INSTANTIATE_TEST_SUITE_P(Tls, TlsClientTest,
                         ::testing::Combine(::testing::Values(Client::kCurl, Client::kGnutlsCli),
                                            ::testing::Values("1.2", "1.3")),
                         NameOf);

TEST_P(TlsClientTest, IsServed) {
  Exporter& exporter = StartWith(kTls);
  EXPECT_EQ(Status(exporter, "/metrics"), 200);
  const Identity other_ca = MakeIdentity({.name = "ca", .is_ca = true});
  directory_.Write("ca.crt", other_ca.certificate);
  EXPECT_EQ(Status(exporter, "/metrics"), 0) << "the client would have seen another server";
}

TEST_P(TlsClientTest, IsAskedForACertificateButNotForItsHealth) {
  Exporter& exporter = StartWith(
      "tls_server_config: {cert_file: tls.crt, key_file: tls.key, client_ca_file: ca.crt, "
      "client_auth_type: RequireAndVerifyClientCert, client_allowed_sans: [scraper]}\n");
  WriteClientIdentity(MakeIdentity({.name = "good", .issuer = &ca_, .dns_names = {"scraper"}}));
  EXPECT_EQ(Status(exporter, "/metrics", true), 200);
  EXPECT_EQ(Status(exporter, "/metrics"), 403);
  EXPECT_EQ(Status(exporter, "/-/healthy"), 200);
  const Identity other_ca = MakeIdentity({.name = "ca", .is_ca = true});
  for (const Wanted& bad :
       {Wanted{.name = "expired", .issuer = &ca_, .dns_names = {"scraper"}, .is_expired = true},
        Wanted{.name = "another CA's", .issuer = &other_ca, .dns_names = {"scraper"}},
        Wanted{.name = "another name", .issuer = &ca_, .dns_names = {"other"}}}) {
    WriteClientIdentity(MakeIdentity(bad));
    EXPECT_EQ(Status(exporter, "/metrics", true), 0) << bad.name;
  }
}

}  // namespace
}  // namespace arkouda_exporter::testing
