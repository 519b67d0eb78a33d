#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include "exporter/process/flag_documents.h"

// Writes what people and shells read of the exporter's flags into a folder, when it is built.

int main(int argc, char** argv) {
  using namespace arkouda_exporter;  // NOLINT(google-build-using-namespace)
  if (argc != 3) {
    std::cerr << "usage: write-documents FOLDER DATE\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const auto write = [&](std::string_view name, const std::string& text) {
    std::ofstream file(folder / name);
    file << text << std::flush;
    if (file) return true;
    std::cerr << "write-documents: " << (folder / name).string() << " can't be written\n";
    return false;
  };
  const bool is_written = write("options.md", OptionsTable()) &&
                          write("prometheus-arkouda-exporter.1", ManualPage(argv[2])) &&
                          write("prometheus-arkouda-exporter.default", DefaultsFile()) &&
                          write("prometheus-arkouda-exporter.bash", BashCompletion()) &&
                          write("_prometheus-arkouda-exporter", ZshCompletion()) &&
                          write("prometheus-arkouda-exporter.fish", FishCompletion());
  return is_written ? EXIT_SUCCESS : EXIT_FAILURE;
}
