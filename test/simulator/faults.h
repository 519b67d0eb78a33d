#pragma once

#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "test/simulator/request_reader.h"

namespace arkouda_simulator {

/// What goes wrong with a request or its reply. The names on the command line, and what each does,
/// stand beside the enumerators in faults.cc.
enum class FaultKind {
  kDelay,
  kHang,
  kDie,
  kClose,
  kRestart,
  kTruncate,
  kOversize,
  kEmpty,
  kNotJson,
  kError,
  kFrames,
  kNoMsg,
  kMsgNotArray,
  kWrongTypes,
  kMissingField,
  kUnknownCategory,
  kUnknownScope,
  kDuplicates,
  kNan,
  kHostileNames,
  kNonUtf8,
  kDeep,
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::kDeep) + 1;

/// The faults that apply to one request together.
class FaultSet {
 public:
  bool Has(FaultKind kind) const { return kinds_[static_cast<std::size_t>(kind)]; }
  bool empty() const { return kinds_.none(); }

  /// Whether entries of the reply are to be altered, which a recorded reply does not allow.
  bool AltersEntries() const;

  /// How late the answer is; zero without kDelay.
  std::chrono::milliseconds delay() const { return delay_; }
  /// How large the reply is at least; zero without kOversize.
  std::size_t bytes() const { return bytes_; }

 private:
  friend class FaultPlan;

  std::bitset<kFaultKinds> kinds_;
  std::chrono::milliseconds delay_{0};
  std::size_t bytes_ = 0;
};

/// Which requests are answered with which faults. A value; one thread.
class FaultPlan {
 public:
  /// Adds what one `--fault` says: `KIND[=ARG]`, for `ALL`, or `server-info:KIND[=ARG]`. The error
  /// says what would be right, or with which other fault it doesn't go together.
  tl::expected<void, std::string> Add(std::string_view text);

  /// The first `after` requests of each kind are spared, then `times` are hit; nothing: all.
  void Limit(std::uint64_t after, std::optional<std::uint64_t> times);

  /// The faults for the request that is served now. Counts it: ALL and SERVER_INFO apart, over the
  /// life of the process, so that a restart does not start the count anew.
  FaultSet Next(RequestKind kind);

  const FaultSet& all() const { return all_.faults; }
  const FaultSet& server_info() const { return server_info_.faults; }

  /// One line for each kind of fault, for --help.
  static std::string Help();

 private:
  struct Course {
    FaultSet faults;
    std::uint64_t served = 0;
  };

  Course all_;
  Course server_info_;
  std::uint64_t after_ = 0;
  std::optional<std::uint64_t> times_;
};

}  // namespace arkouda_simulator
