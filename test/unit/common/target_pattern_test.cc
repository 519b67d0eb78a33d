#include "common/target_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace arkouda_exporter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Case {
  std::string pattern;
  std::vector<std::string> matched;
  std::vector<std::string> others;
};

void Check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    SCOPED_TRACE(each.pattern);
    const auto pattern = TargetPattern::Parse(each.pattern);
    ASSERT_TRUE(pattern) << pattern.error();
    for (const std::string& target : each.matched) {
      EXPECT_TRUE(pattern->Matches(HostPort::Parse(target).value())) << target;
    }
    for (const std::string& target : each.others) {
      EXPECT_FALSE(pattern->Matches(HostPort::Parse(target).value())) << target;
    }
  }
}

TEST(TargetPatternTest, NamesMatchAsAWholeInAnyCase) {
  Check(
      {{.pattern = "Node17:5556",
        .matched = {"node17:5556", "NODE17:5556"},
        .others = {"node17:5555", "node170:5556", "anode17:5556", "node17.evil:5556",
                   "node17.:5556"}},
       {.pattern = "node17:*", .matched = {"node17:1", "node17:65535"}, .others = {"node18:5556"}},
       {.pattern = "node17:5556-5655",
        .matched = {"node17:5556", "node17:5600", "node17:5655"},
        .others = {"node17:5555", "node17:5656", "node18:5556"}}});
}

TEST(TargetPatternTest, AStarStandsForCharactersOfOneLabel) {
  Check({{.pattern = "node*:5556",
          .matched = {"node:5556", "node17:5556", "node-a_b:5556"},
          .others = {"node17.evil.example:5556", "nod:5556", "xnode1:5556"}},
         {.pattern = "node*.:5556", .matched = {"node1.:5556"}, .others = {"node1:5556"}},
         {.pattern = "*.cluster.local:5556",
          .matched = {"a.cluster.local:5556", "A.Cluster.LOCAL:5556"},
          .others = {"a.b.cluster.local:5556", "cluster.local:5556", "a.cluster.local.evil:5556",
                     "acluster.local:5556"}},
         {.pattern = "n*1*-x*.rack*.example:5556",
          .matched = {"n1-x.rack.example:5556", "n01111-1-x2.rack3.example:5556",
                      "n11-xx-x.rack.example:5556"},
          .others = {"n-x.rack.example:5556", "n1.x.rack.example:5556", "n1-x.example:5556",
                     "n1-x.rack.rack.example:5556"}}});
}

TEST(TargetPatternTest, NetworksMatchAddressesAlone) {
  Check({{.pattern = "10.1.2.3:5556",
          .matched = {"10.1.2.3:5556"},
          .others = {"10.1.2.4:5556", "10.1.2.3:5557", "[::ffff:10.1.2.3]:5556"}},
         {.pattern = "10.1.0.0/16:5556",
          .matched = {"10.1.0.0:5556", "10.1.255.255:5556"},
          .others = {"10.2.0.0:5556", "10.1.example:5556", "10.1.0:5556", "10.1.256:5556"}},
         {.pattern = "10.1.2.128/25:*",
          .matched = {"10.1.2.128:1", "10.1.2.255:1"},
          .others = {"10.1.2.127:1", "10.1.3.128:1"}},
         {.pattern = "0.0.0.0/0:*", .matched = {"255.1.2.3:1"}, .others = {"node:1", "[::1]:1"}},
         {.pattern = "[fd00::7]:5556",
          .matched = {"[fd00::7]:5556", "[FD00:0:0::0007]:5556"},
          .others = {"[fd00::8]:5556"}},
         {.pattern = "[fe80::]/10:*",
          .matched = {"[fe80::1%eth0]:1", "[febf::1]:1"},
          .others = {"[fec0::1]:1", "1.2.3.4:1"}}});
}

TEST(TargetPatternTest, ANameNeverMatchesAnAddressHoweverThatIsWritten) {
  Check({{.pattern = "1*:5556",
          .matched = {"1a:5556"},
          .others = {"127.0.0.1:5556", "127.1:5556", "16909060:5556", "1:5556", "1.:5556"}},
         {.pattern = "0*:5556", .matched = {"0a:5556"}, .others = {"0x7f000001:5556", "017:5556"}},
         {.pattern = "*:5556",
          .matched = {"127.1:5556", "0x7f000001:5556", "[::1]:5556", "a.b.c:5556"},
          .others = {"a:5557"}}});
}

TEST(TargetPatternTest, SaysWhatIsWrongAndWhatWouldBeRight) {
  for (const auto& [text, fault] : std::vector<std::pair<std::string, std::string>>{
           {"", "it has no port"},
           {"node*", "it has no port"},
           {"[::1]", "it has no port"},
           {"node*:", "its port is neither a number from 1 to 65535, nor a range of those, nor *"},
           {"node*:0", "its port is neither a number from 1 to 65535, nor a range of those, nor *"},
           {"node*:55*",
            "its port is neither a number from 1 to 65535, nor a range of those, nor *"},
           {"node*:5600-5556",
            "its port is neither a number from 1 to 65535, nor a range of those, nor *"},
           {"node*:5556-",
            "its port is neither a number from 1 to 65535, nor a range of those, nor *"},
           {"node*:-5556",
            "its port is neither a number from 1 to 65535, nor a range of those, nor *"},
           {":5556", "its host is not one, nor a pattern of names"},
           {"no de*:5556", "its host is not one, nor a pattern of names"},
           {"node[0-9]:5556", "its host is not one, nor a pattern of names"},
           {"^node.*$:5556", "its host is not one, nor a pattern of names"},
           {"a..b:5556", "its host is not one, nor a pattern of names"},
           {"fd00::7:5556", "it has colons outside square brackets"},
           {"node.*:5556", "a * in the last part of its host lets every domain in"},
           {"node.*.:5556", "a * in the last part of its host lets every domain in"},
           {"10.0.0.*:5556", "a * in the last part of its host lets every domain in"},
           {"*.*:5556", "a * in the last part of its host lets every domain in"},
           {"10.0.0.300:5556", "its host ends in a number and is not an address"},
           {"127.1:5556", "its host ends in a number and is not an address"},
           {"node/8:5556", "its host is not an address"},
           {"[node]:5556", "its host is not an address"},
           {"10.0.0.0/33:5556", "behind the slash there is not a number from 0 to 32"},
           {"10.0.0.0/:5556", "behind the slash there is not a number from 0 to 32"},
           {"10.0.0.0/-1:5556", "behind the slash there is not a number from 0 to 32"},
           {"[fd00::]/129:5556", "behind the slash there is not a number from 0 to 128"},
       }) {
    const auto pattern = TargetPattern::Parse(text);
    ASSERT_FALSE(pattern) << text;
    EXPECT_THAT(pattern.error(),
                AllOf(StartsWith(fault + "; expected HOST:PORT"), HasSubstr("node*:5556")))
        << text;
  }
}

TEST(TargetPatternTest, ManyStarsTakeNoLongTime) {
  std::string stars;
  for (int i = 0; i < 31; ++i) stars += "a*";
  const auto pattern = TargetPattern::Parse(stars + "b:1").value();
  const std::string name(63, 'a');
  EXPECT_FALSE(pattern.Matches({.host = name, .port = 1}));
  EXPECT_TRUE(pattern.Matches({.host = name.substr(1) + "b", .port = 1}));
}

}  // namespace
}  // namespace arkouda_exporter
