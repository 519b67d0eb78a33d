#pragma once

#include <string>

#include "test/support/temp_dir.h"

namespace arkouda_exporter::testing {

/// A FIFO that is as full as can be and that nobody reads: who writes to it, blocks.
class FullFifo {
 public:
  FullFifo();
  ~FullFifo();
  FullFifo(const FullFifo&) = delete;
  FullFifo& operator=(const FullFifo&) = delete;

  const std::string& path() const { return path_; }

 private:
  const TempDir directory_;
  const std::string path_;
  int fd_;  // keeps it open, so that to open it for writing doesn't block
};

}  // namespace arkouda_exporter::testing
