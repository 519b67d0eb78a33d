#include "test/bench/web_servers.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <regex>
#include <utility>
#include <vector>

#include "test/bench/http_client.h"
#include "test/support/await.h"

namespace arkouda_exporter::testing {
namespace {

Arguments WriteNginxFiles(const TempDir& dir, const std::map<std::string, std::string>& files,
                          const Identity& identity, std::uint16_t port, std::uint16_t tls_port) {
  const std::filesystem::path root = dir.path() / "root";
  std::filesystem::create_directory(root);
  for (const auto& [name, content] : files) std::ofstream(root / name) << content;
  dir.Write("tls.crt", identity.certificate);
  dir.Write("tls.key", identity.key);
  std::string config = fmt::format(R"(
daemon off;
worker_processes 1;
pid {dir}/pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  open_file_cache max=100;
  open_file_cache_valid 1h;
  keepalive_timeout 60s;
  keepalive_requests 1000000000;
  default_type "text/plain; version=0.0.4; charset=utf-8";
  root {dir}/root;
  server {{ listen 127.0.0.1:{port}; }}
  server {{
    listen 127.0.0.1:{tls_port} ssl;
    ssl_certificate {dir}/tls.crt;
    ssl_certificate_key {dir}/tls.key;
    ssl_protocols TLSv1.3;
    ssl_session_tickets off;
    ssl_session_cache off;
  }}
)",
                                   fmt::arg("dir", dir.path().string()), fmt::arg("port", port),
                                   fmt::arg("tls_port", tls_port));
  for (const std::string_view temporary : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    config += fmt::format("  {}_temp_path {}/temporary;\n", temporary, dir.path().string());
  }
  config += "}\n";
  if (geteuid() == 0) config += "user root;\n";  // nobody else may look into the folder
  return {"-p", dir.path().string(), "-c", dir.Write("nginx.conf", config)};
}

// The processes that one has started.
std::vector<pid_t> ChildrenOf(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{0}/task/{0}/children", pid));
  std::vector<pid_t> children;
  for (pid_t child = 0; file >> child;) children.push_back(child);
  return children;
}

// The first two cores that this process may use: one for the server, one for its clients.
std::pair<int, int> TwoCores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<int> cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &allowed)) cores.push_back(core);
  }
  Require(cores.size() >= 2, "two cores are needed, one for the server and one for its clients");
  return {cores[0], cores[1]};
}

void PinTo(pid_t pid, int core) {
  cpu_set_t wanted;
  CPU_ZERO(&wanted);
  CPU_SET(core, &wanted);
  for (const auto& thread :
       std::filesystem::directory_iterator(fmt::format("/proc/{}/task", pid))) {
    const std::string name = thread.path().filename();
    pid_t tid = 0;
    std::from_chars(name.data(), name.data() + name.size(), tid);
    Require(sched_setaffinity(tid, sizeof wanted, &wanted) == 0, "sched_setaffinity(2) failed");
  }
}

double NumberIn(const std::string& text, const std::string& regex) {
  std::smatch match;
  double number = 0;
  Require(std::regex_search(text, match, std::regex(regex)),
          "wrk's report has no figures:\n" + text);
  const std::string digits = match[1];
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

}  // namespace

std::string FindProgram(const std::string& name) {
  const Finished found = RunToEnd("/bin/sh", {"-c", "command -v " + name}, {});
  if (found.ending == Exited(0)) return Lines(found.out).front();
  std::string path = "/usr/sbin/" + name;
  Require(access(path.c_str(), X_OK) == 0,
          name + " is missing: sh deploy/local/install-dependencies.sh bench");
  return path;
}

Nginx::Nginx(const std::map<std::string, std::string>& files, const Identity& identity)
    : process_(FindProgram("nginx"),
               WriteNginxFiles(dir_, files, identity, port_.number(), tls_port_.number())) {
  HttpClient client(port_.number());
  const auto answers = Await("an answer of nginx", [&] {
    return client.Get("/" + files.begin()->first).has_value() || !process_.IsRunning();
  });
  const std::vector<pid_t> children = ChildrenOf(process_.pid());
  Require(answers && children.size() == 1, "nginx does not serve:\n" + process_.Stderr());
  worker_ = children.front();
}

std::string Nginx::Url(const std::string& file) const {
  return fmt::format("http://127.0.0.1:{}/{}", port_.number(), file);
}

std::string Nginx::TlsUrl(const std::string& file) const {
  return fmt::format("https://127.0.0.1:{}/{}", tls_port_.number(), file);
}

Load MeasureLoad(const Loaded& server, int clients, bool on_new_connections) {
  static const std::string wrk = FindProgram("wrk");
  const auto [server_core, client_core] = TwoCores();
  PinTo(server.pid, server_core);
  Arguments arguments = {"--cpu-list",
                         std::to_string(client_core),
                         wrk,
                         "--threads",
                         "1",
                         "--connections",
                         std::to_string(clients),
                         "--duration",
                         "2s",
                         "--timeout",
                         "30s"};
  if (on_new_connections) arguments.insert(arguments.end(), {"--header", "Connection: close"});
  arguments.push_back(server.url);
  const Milliseconds before = CpuTime(server.pid);
  const Finished finished = RunToEnd("taskset", arguments);
  const Milliseconds cpu = CpuTime(server.pid) - before;
  Require(finished.ending == Exited(0), "wrk failed: " + finished.err);
  for (const char* const fault : {"Non-2xx", "Socket errors"}) {
    Require(finished.out.find(fault) == std::string::npos,
            server.url + " does not answer all of wrk's requests:\n" + finished.out);
  }
  const double requests = NumberIn(finished.out, "([0-9]+) requests in");
  Require(requests > 0, "nothing was answered");
  return {.per_second = NumberIn(finished.out, "Requests/sec: +([0-9.]+)"), .cpu = cpu / requests};
}

}  // namespace arkouda_exporter::testing
