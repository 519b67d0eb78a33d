#include "exporter/process/version.h"

#include <absl/base/config.h>
#include <fmt/format.h>
#include <microhttpd.h>
#include <simdjson.h>
#include <spdlog/version.h>
#include <zmq.h>

#include <cxxopts.hpp>
#include <nlohmann/json.hpp>

#include "common/build_info.h"

namespace arkouda_exporter {

std::string VersionText() {
  const BuildInfo build = GetBuildInfo();
  int major = 0;
  int minor = 0;
  int patch = 0;
  zmq_version(&major, &minor, &patch);
  std::string out = fmt::format("prometheus-arkouda-exporter {} (revision {}, {})\n", build.version,
                                build.revision, build.compiler);
  out += fmt::format("libzmq {}.{}.{}\n", major, minor, patch);
  out += fmt::format("libmicrohttpd {}\n", MHD_get_version());
  out += fmt::format("simdjson {}.{}.{}\n", static_cast<int>(simdjson::SIMDJSON_VERSION_MAJOR),
                     static_cast<int>(simdjson::SIMDJSON_VERSION_MINOR),
                     static_cast<int>(simdjson::SIMDJSON_VERSION_REVISION));
  out += fmt::format("nlohmann/json {}.{}.{}\n", NLOHMANN_JSON_VERSION_MAJOR,
                     NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
  out += fmt::format("fmt {}.{}.{}\n", FMT_VERSION / 10000, FMT_VERSION / 100 % 100,
                     FMT_VERSION % 100);
  out += fmt::format("spdlog {}.{}.{}\n", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH);
  out += fmt::format("cxxopts {}.{}.{}\n", CXXOPTS__VERSION_MAJOR, CXXOPTS__VERSION_MINOR,
                     CXXOPTS__VERSION_PATCH);
  out += fmt::format("Abseil {}.{}\n", ABSL_LTS_RELEASE_VERSION, ABSL_LTS_RELEASE_PATCH_LEVEL);
  // It has no version in its headers; CMake hands over what it found.
  out += "yaml-cpp " YAML_CPP_VERSION "\n";
  return out;
}

}  // namespace arkouda_exporter
