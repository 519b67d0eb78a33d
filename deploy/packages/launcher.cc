// Starts the exporter of the self-contained packages by the loader and the libraries that are with
// it, whatever the system has of them. Linked statically, so that it needs neither.
//
// Beside this program, or as lib is to bin, is lib/prometheus-arkouda-exporter with
//   prometheus-arkouda-exporter   the loader (ld.so), by whose file's name the process is known
//   main                          the exporter
//   *.so.*                        its libraries
//   zoneinfo                      time zones, for systems that have none

#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

const std::string kName = "prometheus-arkouda-exporter";
constexpr int kFailure = 1;

bool IsFolder(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// Without links and relative steps; empty where there is no such file.
std::string RealPath(const std::string& path) {
  char* real = realpath(path.c_str(), nullptr);
  if (real == nullptr) return "";
  std::string copy = real;
  std::free(real);
  return copy;
}

// Where this program's file is. Not by /proc/self/exe: there may be no /proc.
std::string OwnFolder() {
  // An address is what the kernel hands over here (getauxval(3)).
  const auto* name =
      reinterpret_cast<const char*>(getauxval(AT_EXECFN));  // NOLINT(performance-no-int-to-ptr)
  const std::string file = RealPath(name == nullptr ? "" : name);
  return file.substr(0, file.rfind('/') + 1);
}

int Fail(const std::string& why) {
  static_cast<void>(std::fprintf(stderr, "%s: %s\n", kName.c_str(), why.c_str()));
  return kFailure;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string own = OwnFolder();
  std::string folder = own + "lib/" + kName;
  if (!IsFolder(folder)) folder = own + "../lib/" + kName;
  folder = RealPath(folder);
  if (!IsFolder(folder)) {
    return Fail("expected the folder lib/" + kName + " of its archive beside it in " + own);
  }

  // What modules of a cluster and tools of a site preload is made for the system's own libraries.
  for (const char* name : {"LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD"}) unsetenv(name);
  // Where the system has zones, they are the newer ones as a rule.
  if (!IsFolder("/usr/share/zoneinfo")) setenv("TZDIR", (folder + "/zoneinfo").c_str(), 0);

  // The loader's cache would name the system's libraries.
  std::vector<std::string> words = {
      folder + "/" + kName,       "--inhibit-cache", "--library-path", folder, "--argv0",
      argc > 0 ? argv[0] : kName, folder + "/main"};
  for (int i = 1; i < argc; ++i) words.emplace_back(argv[i]);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(arguments.front(), arguments.data());
  return Fail("cannot start " + words.front() + ": " + std::strerror(errno));
}
