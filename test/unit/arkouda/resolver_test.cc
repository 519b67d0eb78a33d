#include "exporter/arkouda/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

namespace arkouda_exporter {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

Resolver::Addresses Resolve(Resolver& resolver, const std::string& host) {
  std::promise<Resolver::Addresses> resolved;
  resolver.Resolve(host,
                   [&](const Resolver::Addresses& addresses) { resolved.set_value(addresses); });
  return resolved.get_future().get();
}

TEST(Resolver, GivesTheAddressesOfANameEachOnce) {
  Resolver resolver;
  const auto addresses = Resolve(resolver, "localhost");
  ASSERT_TRUE(addresses) << addresses.error();
  EXPECT_THAT(*addresses, Contains("127.0.0.1").Times(1));
  EXPECT_EQ(addresses->front(), "127.0.0.1") << "IPv4 comes first";
}

TEST(Resolver, SaysWhyANameHasNoAddress) {
  Resolver resolver;
  const auto addresses = Resolve(resolver, "no-such-host.invalid");
  ASSERT_FALSE(addresses);
  EXPECT_THAT(addresses.error(), HasSubstr("the host name can't be resolved: "));
}

TEST(Resolver, AnswersForMoreNamesThanItHasThreads) {
  Resolver resolver;
  std::vector<std::promise<bool>> resolved(50);
  for (auto& promise : resolved) {
    resolver.Resolve("localhost", [&](const Resolver::Addresses& addresses) {
      promise.set_value(addresses.has_value());
    });
  }
  for (auto& promise : resolved) EXPECT_TRUE(promise.get_future().get());
}

TEST(Resolver, KnowsAnAddressFromAName) {
  EXPECT_TRUE(Resolver::IsNumeric("127.0.0.1"));
  EXPECT_TRUE(Resolver::IsNumeric("fd00::7"));
  EXPECT_FALSE(Resolver::IsNumeric("localhost"));
  EXPECT_FALSE(Resolver::IsNumeric("node17"));
}

}  // namespace
}  // namespace arkouda_exporter
