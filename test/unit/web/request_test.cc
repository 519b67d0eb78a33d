#include "exporter/web/request.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

namespace arkouda_exporter {
namespace {

TEST(RequestTest, NamesOfHeadersAreTheSameInAnyCase) {
  const Request request{.headers = {{"X-Prometheus-Scrape-Timeout-Seconds", "15"}}};
  EXPECT_EQ(request.Header("x-prometheus-SCRAPE-timeout-seconds"), "15");
  EXPECT_EQ(request.Header("X-Prometheus-Scrape-Timeout"), std::nullopt);
}

TEST(RequestTest, HeadersOfOneNameAreAList) {
  const Request request{
      .headers = {{"Accept", "text/plain"}, {"Host", "x"}, {"accept", ""}, {"ACCEPT", "*/*"}}};
  EXPECT_EQ(request.Header("Accept"), "text/plain, , */*");
}

std::string ClientAtIpv6(const char* text) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  EXPECT_EQ(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
  return ClientAt(reinterpret_cast<const sockaddr*>(&address));
}

TEST(RequestTest, AClientIsAnAddressOrANetworkOfIpv6) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(4711);
  address.sin_addr.s_addr = htonl(0x0a000102);
  EXPECT_EQ(ClientAt(reinterpret_cast<const sockaddr*>(&address)), "10.0.1.2");
  EXPECT_EQ(ClientAtIpv6("::ffff:10.0.1.2"), "10.0.1.2");
  EXPECT_EQ(ClientAtIpv6("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  EXPECT_EQ(ClientAtIpv6("2001:db8:1:2::1"), "2001:db8:1:2::");
  EXPECT_EQ(ClientAtIpv6("2001:db8:1:3::1"), "2001:db8:1:3::");
  EXPECT_EQ(ClientAt(nullptr), "");
}

}  // namespace
}  // namespace arkouda_exporter
