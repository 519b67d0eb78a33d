#include "test/support/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <regex>
#include <utility>

namespace arkouda_exporter::testing {
namespace {

[[noreturn]] void Abort(const std::string& what) {
  std::cerr << what << ": " << std::strerror(errno) << std::endl;
  std::abort();
}

struct Pipe {
  int read_end;
  int write_end;
};

// Close-on-exec: no process may hold another one's output open.
Pipe MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) Abort("pipe2");
  return {.read_end = ends[0], .write_end = ends[1]};
}

std::vector<std::string> MakeEnvironment(const Environment& added) {
  Environment all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string name(text.substr(0, equals));
    const auto& own = ExporterVariables();
    if (std::find(own.begin(), own.end(), name) == own.end()) {
      all[name] = text.substr(equals + 1);
    }
  }
  for (const auto& [name, value] : added) all[name] = value;

  std::vector<std::string> entries;
  entries.reserve(all.size());
  for (const auto& [name, value] : all) {
    entries.push_back(name);
    entries.back().append("=").append(value);
  }
  return entries;
}

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The child's side between fork and exec: async-signal-safe calls only, other threads' locks may be
// held in this copy of the memory.
[[noreturn]] void Become(const std::string& program, char* const* arguments, char* const* variables,
                         int stdin_fd, int stdout_fd, int stderr_fd, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent ended before the line above
  // A shell may have started the tests with signals ignored or blocked, as for background jobs.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGUSR1}) {
    static_cast<void>(std::signal(signal, SIG_DFL));
  }
  dup2(stdin_fd, STDIN_FILENO);
  dup2(stdout_fd, STDOUT_FILENO);
  dup2(stderr_fd, STDERR_FILENO);
  execvpe(program.c_str(), arguments, variables);
  constexpr std::string_view kMessage = "cannot execute the program\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kMessage.data(), kMessage.size());
  _exit(127);
}

std::string Tail(const std::string& text) {
  constexpr std::size_t kMost = 3000;
  return text.size() <= kMost ? text : "[...]" + text.substr(text.size() - kMost);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Ending& ending) {
  if (ending.status) return out << "exit status " << *ending.status;
  if (ending.signal) return out << "killed by signal " << *ending.signal;
  return out << "still running";
}

const std::vector<std::string>& ExporterVariables() {
  static const std::vector<std::string> variables = {
      "ARKOUDA_METRICS_SERVICE_HOST",
      "ARKOUDA_METRICS_SERVICE_NAME",
      "ARKOUDA_METRICS_SERVICE_PORT",
      "ARKOUDA_METRICS_SERVER_NAME",
      "ARKOUDA_SERVER_NAME",
      "ARKOUDA_TARGETS_FILES",
      "ARKOUDA_METRICS_USER",
      "ARKOUDA_TOKEN_FILE",
      "ARKOUDA_METRICS_TIMEOUT",
      "ARKOUDA_METRICS_MAX_LABEL_LENGTH",
      "ARKOUDA_METRICS_MAX_REPLY_BYTES",
      "ARKOUDA_METRICS_TIMEZONE",
      "METRICS_POLLING_INTERVAL",
      "POLLING_INTERVAL_SECONDS",
      "ARKOUDA_METRICS_POLLING_INTERVAL",
      "ARKOUDA_EXPORTER_POLLING_INTERVAL",
      "METRICS_SCRAPE_PORT",
      "EXPORT_PORT",
      "ARKOUDA_EXPORTER_PROBE_ALLOW",
      "ARKOUDA_EXPORTER_TARGETS_ALLOW",
      "ARKOUDA_EXPORTER_TARGETS_OWNER_LABEL",
      "ARKOUDA_EXPORTER_WEB_CONFIG_FILE",
      "LOG_LEVEL",
      "LOG_FORMAT",
  };
  return variables;
}

Process::Process(const std::string& program, const Arguments& arguments,
                 const Environment& environment)
    : command_line_(program) {
  for (const std::string& argument : arguments) command_line_ += " " + argument;
  std::vector<std::string> argument_strings = {program};
  argument_strings.insert(argument_strings.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variable_strings = MakeEnvironment(environment);
  const std::vector<char*> argument_pointers = Pointers(argument_strings);
  const std::vector<char*> variable_pointers = Pointers(variable_strings);

  const Pipe out = MakePipe();
  const Pipe err = MakePipe();
  const int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null_fd < 0) Abort("/dev/null");
  wake_fd_ = eventfd(0, EFD_CLOEXEC);
  if (wake_fd_ < 0) Abort("eventfd");

  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) Abort("fork");
  if (pid_ == 0) {
    Become(program, argument_pointers.data(), variable_pointers.data(), null_fd, out.write_end,
           err.write_end, parent);
  }
  close(null_fd);
  close(out.write_end);
  close(err.write_end);
  stdout_fd_ = out.read_end;
  stderr_fd_ = err.read_end;
  fcntl(stdout_fd_, F_SETFL, O_NONBLOCK);
  fcntl(stderr_fd_, F_SETFL, O_NONBLOCK);
  reader_ = std::thread([this] { Read(); });
}

Process::~Process() {
  if (!ending_) {
    Signal(SIGCONT);
    Signal(SIGTERM);
    constexpr std::chrono::seconds kGrace{5};
    if (!Await(
            "the end after SIGTERM", [this] { return Reap(); }, kGrace)) {
      Signal(SIGKILL);
      while (!Await("the end after SIGKILL", [this] { return Reap(); })) {
      }
    }
  }
  close(stdout_fd_);
  close(stderr_fd_);
  close(wake_fd_);
}

void Process::Signal(int signal) {
  // Not after it was waited for: the number may be another process's by then.
  if (!ending_) kill(pid_, signal);
}

Ending Process::Wait(std::chrono::milliseconds deadline) {
  const auto ended = Await(
      "the end of " + command_line_, [this] { return Reap(); }, deadline);
  EXPECT_TRUE(ended) << "its standard error ends:\n" << Tail(Stderr());
  return ending_.value_or(Ending{});
}

bool Process::IsRunning() { return !Reap(); }

std::string Process::Stdout() const {
  const std::lock_guard lock(mutex_);
  return stdout_;
}

std::string Process::Stderr() const {
  const std::lock_guard lock(mutex_);
  return stderr_;
}

::testing::AssertionResult Process::AwaitStdout(const std::string& regex, std::size_t times) {
  return AwaitLine("output", &Process::stdout_, regex, times);
}

::testing::AssertionResult Process::AwaitStderr(const std::string& regex, std::size_t times) {
  return AwaitLine("error", &Process::stderr_, regex, times);
}

::testing::AssertionResult Process::AwaitLine(std::string_view stream, std::string Process::*text,
                                              const std::string& regex, std::size_t times) {
  const std::regex wanted(regex);
  const auto matches = [&] {
    std::string copy;
    {
      const std::lock_guard lock(mutex_);
      copy = this->*text;
    }
    const std::vector<std::string> lines = Lines(copy);
    return static_cast<std::size_t>(
        std::count_if(lines.begin(), lines.end(),
                      [&](const std::string& line) { return std::regex_search(line, wanted); }));
  };
  bool has_ended = false;
  const auto found = Await("the line", [&] {
    has_ended = Reap();  // before the text is looked at: all of it is there then
    return matches() >= times || has_ended;
  });
  if (matches() >= times) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << command_line_ << (has_ended ? " ended" : " still runs") << " without writing " << times
         << " line(s) matching /" << regex << "/ to standard " << stream << ". Output ends:\n"
         << Tail(Stdout()) << "\nError ends:\n"
         << Tail(Stderr());
}

bool Process::Reap() {
  if (ending_) return true;
  int status = 0;
  const pid_t reaped = wait4(pid_, &status, WNOHANG, &usage_);
  if (reaped == 0 || (reaped < 0 && errno == EINTR)) return false;
  if (reaped != pid_) Abort("wait4");
  if (WIFSIGNALED(status)) {
    ending_ = {.status = std::nullopt, .signal = WTERMSIG(status)};
  } else {
    ending_ = Exited(WEXITSTATUS(status));
  }
  // Its last words are in the pipes by now.
  const std::uint64_t one = 1;
  if (write(wake_fd_, &one, sizeof one) != sizeof one) Abort("eventfd");
  reader_.join();
  return true;
}

void Process::Read() {
  std::array<pollfd, 3> fds = {{{.fd = stdout_fd_, .events = POLLIN, .revents = 0},
                                {.fd = stderr_fd_, .events = POLLIN, .revents = 0},
                                {.fd = wake_fd_, .events = POLLIN, .revents = 0}}};
  std::array<char, 65536> buffer{};
  // Takes what is there; a pipe that has ended is not polled any more.
  const auto drain = [&](pollfd& polled, std::string& text) {
    while (polled.fd >= 0) {
      const ssize_t count = read(polled.fd, buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return;
      if (count == 0) {
        polled.fd = -1;
        return;
      }
      const std::lock_guard lock(mutex_);
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
  };
  for (;;) {
    if (poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR) Abort("poll");
    const bool is_last = (fds[2].revents & POLLIN) != 0;
    drain(fds[0], stdout_);
    drain(fds[1], stderr_);
    if (is_last) return;
  }
}

Finished RunToEnd(const std::string& program, const Arguments& arguments,
                  const Environment& environment) {
  Process process(program, arguments, environment);
  const Ending ending = process.Wait();
  return {.ending = ending, .out = process.Stdout(), .err = process.Stderr()};
}

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace arkouda_exporter::testing
