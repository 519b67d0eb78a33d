#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "test/support/process.h"

namespace arkouda_exporter::testing {

/// Those files in a folder of test/data that are cases, sorted.
inline std::vector<std::filesystem::path> CasesIn(
    const std::string& folder, const std::function<bool(const std::filesystem::path&)>& is_case =
                                   [](const auto&) { return true; }) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(TEST_DATA) / folder)) {
    if (is_case(entry.path())) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// The name of a case, or of its file, as GoogleTest takes it.
template <typename Case>
std::string CaseName(const ::testing::TestParamInfo<Case>& test) {
  std::string name = std::filesystem::path(test.param).filename().string();
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
  return name;
}

inline std::string ReadCase(const std::filesystem::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The lines of the comment that a YAML file begins with.
inline std::vector<std::string> FirstComment(const std::string& text) {
  std::vector<std::string> comment;
  for (const std::string& line : Lines(text)) {
    if (!line.starts_with("# ")) break;
    comment.push_back(line.substr(2));
  }
  return comment;
}

}  // namespace arkouda_exporter::testing
