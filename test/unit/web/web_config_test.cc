// Web configurations with what must be read in them: NAME.good.yml and NAME.bad.yml, with the lines
// as the comment that the file begins with. Of a bad one, "LINE: KEY: FAULT", or how that begins.
// Of a good one, what is in force. A new case is such a file. Beside them stand server.pem with its
// server.key, another.key, ca.pem and garbage.pem, made anew each time.

#include "exporter/web/web_config.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "exporter/web/tls_credentials.h"
#include "test/support/certificates.h"
#include "test/support/temp_dir.h"
#include "test/unit/cases.h"

namespace arkouda_exporter {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// A folder with the certificates, and what is read of a configuration in it.
class Folder {
 public:
  Folder() {
    static const testing::Identity server = testing::MakeIdentity({.name = "server"});
    static const testing::Identity other = testing::MakeIdentity({.name = "other"});
    static const testing::Identity ca = testing::MakeIdentity({.name = "ca", .is_ca = true});
    Write("server.pem", server.certificate);
    Write("server.key", server.key);
    Write("another.key", other.key);
    Write("ca.pem", ca.certificate);
    Write("garbage.pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    Write("empty.pem", "");
  }

  void Write(const std::string& name, std::string_view text) const { dir_.Write(name, text); }
  std::string Path(const std::string& name) const { return dir_.path().string() + "/" + name; }

  LoadedWebConfig Load(std::string_view text) const {
    Write("web.yml", text);
    return LoadWebConfig(Path("web.yml"));
  }

  /// The lines of a case, without the folder's name.
  std::vector<std::string> LinesOf(std::string_view text) const {
    const LoadedWebConfig loaded = Load(text);
    std::vector<std::string> lines;
    if (!loaded.config) {
      lines = loaded.config.error();
    } else {
      const WebConfig& config = *loaded.config;
      if (config.tls) {
        const auto credentials = TlsCredentials::Make(*config.tls);
        if (!credentials) {
          lines = credentials.error();
        } else {
          lines.push_back("TLS " + config.tls->priorities);
          if (config.tls->client_auth != ClientAuth::kNone) {
            lines.push_back(fmt::format("client certificates {}{}",
                                        static_cast<int>(config.tls->client_auth),
                                        config.tls->client_ca ? " by a CA" : ""));
          }
          for (const auto& san : config.tls->client_allowed_sans) lines.push_back("client " + san);
        }
      }
      for (const auto& [name, value] : config.headers) lines.push_back(name + ": " + value);
      for (const auto& [name, hash] : config.users) lines.push_back("user " + name + " " + hash);
      if (config.rate_limit) {
        lines.push_back(fmt::format("a request each {} ns, {} at once",
                                    config.rate_limit->interval.count(), config.rate_limit->burst));
      }
      lines.insert(lines.end(), config.notes.begin(), config.notes.end());
    }
    for (std::string& line : lines) {
      const std::string file = Path("web.yml") + ":";
      if (line.starts_with(file) && line[file.size()] != ' ') line.erase(0, file.size());
      const std::string folder = Path("");
      while (line.find(folder) != std::string::npos) line.erase(line.find(folder), folder.size());
    }
    return lines;
  }

 private:
  testing::TempDir dir_;
};

class WebConfigCaseTest : public ::testing::TestWithParam<fs::path> {};

TEST_P(WebConfigCaseTest, IsReadAsItSays) {
  const Folder folder;
  const std::string text = testing::ReadCase(GetParam());
  const std::vector<std::string> expected = testing::FirstComment(text);
  const std::vector<std::string> actual = folder.LinesOf(text);
  ASSERT_EQ(actual.size(), expected.size()) << ::testing::PrintToString(actual);
  for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_THAT(actual[i], StartsWith(expected[i]));
  const bool is_good = GetParam().stem().extension() == ".good";
  if (!is_good) {
    EXPECT_FALSE(expected.empty());
    // What stands for keys and hashes in these files.
    EXPECT_THAT(actual, Each(Not(AnyOf(HasSubstr("$2y$10$X"), HasSubstr("XyzzySecret"),
                                       HasSubstr("xyzzysecret")))));
    EXPECT_THAT(actual, Each(HasSubstr("expected")));
  } else {
    EXPECT_TRUE(folder.Load(text).config);
  }
}

INSTANTIATE_TEST_SUITE_P(Data, WebConfigCaseTest, ::testing::ValuesIn(testing::CasesIn("web")),
                         testing::CaseName<fs::path>);

TEST(WebConfigTest, AFileThatIsNotThereIsNamed) {
  const LoadedWebConfig loaded = LoadWebConfig("/nowhere/web.yml");
  ASSERT_FALSE(loaded.config);
  EXPECT_THAT(loaded.config.error(),
              ElementsAre("/nowhere/web.yml: No such file or directory, expected a web "
                          "configuration"));
  EXPECT_THAT(loaded.files, ElementsAre("/nowhere/web.yml"));
}

TEST(WebConfigTest, AllFilesThatItReadsAreToldOfEvenThoseThatAreNotThere) {
  const Folder folder;
  const LoadedWebConfig loaded = folder.Load(
      "tls_server_config: {cert_file: not-there.pem, key_file: /not/there.key, "
      "client_ca_file: ca.pem}");
  EXPECT_FALSE(loaded.config);
  EXPECT_THAT(loaded.files, ElementsAre(folder.Path("web.yml"), folder.Path("not-there.pem"),
                                        "/not/there.key", folder.Path("ca.pem")));
}

TEST(WebConfigTest, AnEndlessFileIsRefusedWithoutReadingItAll) {
  const Folder folder;
  folder.Write("large.pem", std::string((1U << 20U) + 1, 'x'));
  EXPECT_THAT(folder.LinesOf("tls_server_config: {cert_file: large.pem, key_file: server.key}"),
              ElementsAre("1: tls_server_config.cert_file \"large.pem\": expected at most 1048576 "
                          "bytes"));
  EXPECT_THAT(folder.LinesOf("# " + std::string(1U << 20U, 'x')),
              ElementsAre("web.yml: expected at most 1048576 bytes"));
}

TEST(WebConfigTest, AFileThatIsWrongInAllItsLinesIsToldOfInAFew) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += fmt::format("key{}: x\n", i);
  const auto lines = Folder().LinesOf(text);
  ASSERT_EQ(lines.size(), 21U);
  EXPECT_THAT(lines.back(), EndsWith("and 480 more like these"));
}

TEST(WebConfigTest, NoFaultShowsASecret) {
  const Folder folder;
  constexpr std::string_view kSecret = "XyzzySecret";
  const std::string secret(kSecret);
  for (const std::string& text : std::vector<std::string>{
           "basic_auth_users: {alice: " + secret + "}",
           "basic_auth_users: {alice: $2y$10$" + secret + "}",
           "basic_auth_users: {alice: [" + secret + "]}",
           "tls_server_config: {cert_file: server.pem, key: " + secret + "}",
           "tls_server_config: {cert_file: server.pem, key: " + secret + ", key_file: x}",
           "tls_server_config: {cert_file: server.pem, key: [" + secret + "]}",
           "tls_server_config: {cert_file: server.pem, key_file: \"-----BEGIN X-----\\n" + secret +
               "\"}",
           "basic_auth_users: {$2y$10$" + secret + ": alice}",
           "basic_auth_users: {\"alice:$2y$10$" + secret + "\": }",
           "\"alice:$2y$10$" + secret + "\": "}) {
    const auto lines = folder.LinesOf(text);
    EXPECT_FALSE(lines.empty()) << text;
    EXPECT_THAT(lines, Not(Contains(HasSubstr(kSecret)))) << text;
  }
}

TEST(WebConfigTest, NoTextIsTooOddToBeRead) {
  std::mt19937 random(4711);
  const auto below = [&](std::size_t end) { return random() % end; };
  const Folder folder;
  for (const fs::path& path : testing::CasesIn("web")) {
    const std::string good = testing::ReadCase(path);
    SCOPED_TRACE(path);
    for (int i = 0; i < 10; ++i) {
      std::string text = good;
      for (std::size_t changes = 1 + below(4); changes > 0 && !text.empty(); --changes) {
        constexpr std::string_view kSyntax = "[]{}:,\"'\n-#&*!?|>%@`\\ \t0";
        const std::size_t place = below(text.size());
        switch (below(3)) {
          case 0:
            text[place] = kSyntax[below(kSyntax.size())];
            break;
          case 1:
            text.erase(place, 1 + below(8));
            break;
          default:
            text.insert(place, 1, kSyntax[below(kSyntax.size())]);
        }
      }
      for (const std::string& line : folder.LinesOf(text)) {
        EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) {
          return c >= ' ' && c <= '~';
        })) << line;
      }
    }
  }
}

}  // namespace
}  // namespace arkouda_exporter
