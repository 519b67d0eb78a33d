#include "exporter/web/negotiation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace arkouda_exporter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

bool WantsOpenMetrics(const std::string& accept) {
  const Request request{.headers = {{"accept", accept}}};
  return WishOf(request).selection.format == ExpositionFormat::kOpenMetrics;
}

bool WantsGzip(const std::string& accept_encoding) {
  return WishOf({.headers = {{"Accept-Encoding", accept_encoding}}}).gzip;
}

TEST(WishOf, WithoutHeadersItIsThePlainText) {
  const PageWish wish = WishOf({});
  EXPECT_EQ(wish.selection.format, ExpositionFormat::kText);
  EXPECT_THAT(wish.selection.names, IsEmpty());
  EXPECT_FALSE(wish.gzip);
}

TEST(WishOf, EachReleaseOfPrometheusGetsWhatItPrefers) {
  // 2.4
  EXPECT_FALSE(WantsOpenMetrics("text/plain;version=0.0.4;q=1,*/*;q=0.1"));
  // 2.5 to 2.33
  EXPECT_TRUE(
      WantsOpenMetrics("application/openmetrics-text; version=1.0.0,"
                       "application/openmetrics-text; version=0.0.1;q=0.75,"
                       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"));
  // 3, and 3 with fallback_scrape_protocol and scrape_protocols: [PrometheusText0.0.4]
  EXPECT_TRUE(
      WantsOpenMetrics("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
                       "application/openmetrics-text;version=0.0.1;q=0.5,"
                       "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
                       "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"));
  EXPECT_FALSE(WantsOpenMetrics("text/plain;version=0.0.4;q=0.6,*/*;q=0.5"));
  // With protobuf for native histograms.
  EXPECT_TRUE(
      WantsOpenMetrics("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                       "encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,"
                       "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"));
}

TEST(WishOf, TheWeightDecidesAndThenTheOrder) {
  EXPECT_FALSE(WantsOpenMetrics("text/plain, application/openmetrics-text"));
  EXPECT_TRUE(WantsOpenMetrics("application/openmetrics-text, text/plain"));
  EXPECT_TRUE(WantsOpenMetrics("text/plain;q=0.5, application/openmetrics-text;q=0.50001"));
  EXPECT_FALSE(WantsOpenMetrics("text/plain;q=0.2, application/openmetrics-text;q=0"));
  EXPECT_TRUE(WantsOpenMetrics("Application/OpenMetrics-Text ; Version=\"1.0.0\" ; Q=\"0.1\""));
}

TEST(WishOf, WhatIsNotOfferedStandsForTheText) {
  for (const char* accept :
       {"*/*", "application/*", "application/openmetrics-text;version=0.0.1", "text/html", "",
        "application/openmetrics-text;q=much", "application/openmetrics-text;q=2", ";;;,,,",
        "application/openmetrics-text;version=\"1.0.0", "\"application/openmetrics-text\"",
        "x=\"application/openmetrics-text,y\""}) {
    EXPECT_FALSE(WantsOpenMetrics(accept)) << accept;
  }
}

TEST(WishOf, GzipIsForThoseWhoTakeIt) {
  for (const char* accepted : {"gzip", "deflate, GZIP;q=0.5", "*", "x-gzip", "gzip;q=1.0, *;q=0",
                               "identity;q=0.5, gzip", "br,gzip , zstd"}) {
    EXPECT_TRUE(WantsGzip(accepted)) << accepted;
  }
  for (const char* refused : {"", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0", "br, zstd",
                              "identity, gzip;q=0.5", "gzip;q=", "gzipped"}) {
    EXPECT_FALSE(WantsGzip(refused)) << refused;
  }
}

TEST(WishOf, FamiliesAreChosenByName) {
  const Request request{.query = {{"name[]", "arkouda_up"}, {"name[]", "a"}, {"name", "b"}}};
  EXPECT_THAT(WishOf(request).selection.names, ElementsAre("a", "arkouda_up"));
}

}  // namespace
}  // namespace arkouda_exporter
