#include "exporter/web/request.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace arkouda_exporter
