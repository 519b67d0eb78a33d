#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "test/support/http.h"
#include "test/support/log_lines.h"
#include "test/support/page.h"
#include "test/support/process.h"

namespace arkouda_exporter::testing {

/// Where the exporter's program is, for tests that run it without serving.
extern const char* const kExporterBinary;

/// The arguments, each of the form --flag=value, behind those defaults whose flags are not among
/// them.
Arguments WithDefaults(const Arguments& defaults, const Arguments& arguments);

/// The exporter, running. It listens on a free port of 127.0.0.1, unless the arguments say
/// otherwise.
class Exporter {
 public:
  /// Starts it and waits until it says where it listens. `program`: another build of it.
  explicit Exporter(const Arguments& arguments, const Environment& environment = {},
                    const std::string& program = kExporterBinary);

  Process& process() { return process_; }
  /// The ports that it listens on, in the order in which it said so.
  std::uint16_t port() const { return ports_.empty() ? 0 : ports_.front(); }
  const std::vector<std::uint16_t>& ports() const { return ports_; }

  std::string Url(const std::string& path = "/metrics") const;
  HttpResponse Get(const std::string& path) const { return HttpGet(Url(path)); }
  /// The page of this moment. When it can't be had or read the test fails, and it is empty. Any
  /// thread.
  Page Scrape() const;
  /// Scrapes until the page is as wanted; gives up when the exporter ends.
  ::testing::AssertionResult AwaitPage(std::string_view what,
                                       const std::function<bool(const Page&)>& is_wanted);
  /// Scrapes until arkouda_up is 1, or 0.
  ::testing::AssertionResult AwaitUp();
  ::testing::AssertionResult AwaitDown();
  /// Scrapes until this many polls more than now have this result.
  ::testing::AssertionResult AwaitPolls(const std::string& result, double more);

  /// The lines of log with this message so far.
  std::vector<LogLine> Log(std::string_view message) const {
    return LinesSaying(process_.Stderr(), message);
  }

  /// Ends it by the signal and checks that its exit status is 0, unless it has ended.
  void Stop(int signal);

 private:
  Process process_;
  std::vector<std::uint16_t> ports_;
  bool is_stopped_ = false;
};

}  // namespace arkouda_exporter::testing
