#pragma once

namespace arkouda_exporter {

/// Opens /dev/null in place of standard input, output and error where they are closed, so that no
/// socket gets their numbers and what is written to the log with it. Call it first thing in main.
void OpenStandardStreams();

}  // namespace arkouda_exporter
