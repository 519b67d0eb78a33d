#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "test/bench/http_client.h"

namespace arkouda_exporter::testing {

using Milliseconds = std::chrono::duration<double, std::milli>;

/// Says which machine this is, and warns when it is not a release build.
void PrintMachine();

/// Why a row stays empty.
struct NotMeasured : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws NotMeasured unless `condition` holds.
void Require(bool condition, const std::string& what);

/// Measures a part, and says so. False when something was in the way, which is said, too.
bool Attempt(std::string_view what, const std::function<void()>& measure);

/// The exit status of a program that measures. `is_complete`: whether it measured all.
int ExitStatus(bool is_complete);

void Pause(std::chrono::milliseconds duration);

double Percentile(std::vector<double> values, double fraction);
double Median(std::vector<double> values);

/// The CPU time that all threads of a process have used, to the nanosecond.
Milliseconds CpuTime(pid_t pid);

/// A line of /proc/PID/status that is in kB, such as "VmHWM:".
double StatusMebibytes(pid_t pid, std::string_view key);

/// The values of the series of this family that have the label (`name="value"`; empty: any),
/// whatever other labels they have, in the order of the page.
std::vector<double> ValuesOf(std::string_view page, std::string_view family,
                             std::string_view label = "");
/// The first of them.
std::optional<double> ValueOf(std::string_view page, std::string_view family,
                              std::string_view label = "");

/// The polls that were answered in time, of all servers on the page.
double SuccessfulPolls(std::string_view page);

/// Scrapes until the page is as wanted, and returns it.
std::string_view AwaitPage(HttpClient& client, std::string_view what,
                           const std::function<bool(std::string_view)>& is_wanted,
                           std::chrono::milliseconds deadline = std::chrono::seconds(20));

}  // namespace arkouda_exporter::testing
