#pragma once

#include <string>

namespace arkouda_exporter {

// Numbers as people read them at a glance: for pages, not for programs.

/// A whole number: `12,345,680`; from 1e15 on `1.23e+15`.
std::string FormatCount(double count);

/// `512 B`, `3.9 KiB`, `37.2 GiB`.
std::string FormatBytes(double bytes);

/// `37.5 %`.
std::string FormatPercent(double percent);

/// How long something takes: `310 µs`, `2.5 ms`, `1.2 s`, `75 s`.
std::string FormatSeconds(double seconds);

/// How long something lasts already: `12 s`, `5 min`, `2 h 13 min`, `3 d 4 h`. What is less than
/// nothing, since a clock was put back, is nothing.
std::string FormatAge(double seconds);

/// Unix seconds, to the second, in UTC: `2026-11-27 10:13:02 UTC`. What no calendar has is
/// `never`.
std::string FormatTime(double unix_seconds);

/// The same for programs: `2026-11-27T10:13:02Z`. Empty: no calendar has it.
std::string FormatIsoTime(double unix_seconds);

}  // namespace arkouda_exporter
