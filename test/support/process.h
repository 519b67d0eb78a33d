#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "test/support/await.h"

namespace arkouda_exporter::testing {

using Arguments = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

/// How a process ended: with an exit status, killed by a signal, or (both unset) not yet.
struct Ending {
  std::optional<int> status;
  std::optional<int> signal;

  bool operator==(const Ending&) const = default;
};

inline Ending Exited(int status) { return {.status = status, .signal = std::nullopt}; }
std::ostream& operator<<(std::ostream& out, const Ending& ending);

/// Every environment variable that the exporter reads. No process started here inherits one, so
/// that the environment of whoever runs the tests doesn't change their outcome.
const std::vector<std::string>& ExporterVariables();

/// A program that runs beside the test. Its output is kept as it comes. It ends with this object,
/// or with the thread that made it, whatever happens to the test. Use it from one thread; only the
/// output may be read from any.
class Process {
 public:
  /// Starts `program` (looked up in PATH when there's no slash in it) with an empty standard input,
  /// and `environment` on top of what it inherits. Aborts when that is impossible.
  explicit Process(const std::string& program, const Arguments& arguments = {},
                   const Environment& environment = {});
  /// Ends the process, when it still runs, by SIGTERM, and SIGKILL if that isn't heeded.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  /// What was started, as one would type it.
  const std::string& command_line() const { return command_line_; }

  /// Sends a signal, unless the process has already been waited for.
  void Signal(int signal);
  /// How it ended, after waiting for that at most `deadline`; a failure of the test when it didn't.
  /// All output is there afterwards.
  Ending Wait(std::chrono::milliseconds deadline = kDeadline);
  /// Whether it runs, be it stopped by SIGSTOP. Doesn't wait.
  bool IsRunning();
  /// What it used, as wait4(2) has it. Call it after Wait.
  const rusage& usage() const { return usage_; }

  /// Everything that it has written so far.
  std::string Stdout() const;
  std::string Stderr() const;

  /// Waits until standard output, or error, has a line in which the regular expression (ECMAScript)
  /// matches somewhere, at least `times` such lines.
  ::testing::AssertionResult AwaitStdout(const std::string& regex, std::size_t times = 1);
  ::testing::AssertionResult AwaitStderr(const std::string& regex, std::size_t times = 1);

 private:
  void Read();
  bool Reap();
  ::testing::AssertionResult AwaitLine(std::string_view stream, std::string Process::*text,
                                       const std::string& regex, std::size_t times);

  std::string command_line_;
  pid_t pid_ = -1;
  int stdout_fd_ = -1;
  int stderr_fd_ = -1;
  int wake_fd_ = -1;  // makes the reader drain the pipes and end
  std::optional<Ending> ending_;
  rusage usage_{};
  std::thread reader_;

  mutable std::mutex mutex_;
  std::string stdout_;  // guarded by mutex_
  std::string stderr_;  // guarded by mutex_
};

/// Runs a program to its end.
struct Finished {
  Ending ending;
  std::string out;
  std::string err;
};
Finished RunToEnd(const std::string& program, const Arguments& arguments = {},
                  const Environment& environment = {});

/// The lines of `text`, without their ends.
std::vector<std::string> Lines(std::string_view text);

}  // namespace arkouda_exporter::testing
