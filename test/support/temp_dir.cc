#include "test/support/temp_dir.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

namespace arkouda_exporter::testing {
namespace {

std::filesystem::path MakeDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "arkouda-exporter-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::system_category(), "mkdtemp " + name);
  }
  return name;
}

}  // namespace

TempDir::TempDir() : path_(MakeDirectory()) {}

TempDir::~TempDir() {
  std::error_code ignored;  // a leftover in /tmp is not a reason to fail
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::Write(std::string_view name, std::string_view content) const {
  const std::filesystem::path target = path_ / name;
  const std::filesystem::path unfinished = target.string() + ".new";
  {
    std::ofstream file(unfinished, std::ios::binary);
    file << content;
    if (!file.flush()) {
      throw std::system_error(errno, std::system_category(), "writing " + unfinished.string());
    }
  }
  std::filesystem::rename(unfinished, target);
  return target.string();
}

}  // namespace arkouda_exporter::testing
