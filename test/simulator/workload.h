#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/metric.h"
#include "test/simulator/form.h"

namespace arkouda_simulator {

struct WorkloadSize {
  std::size_t locales = 2;
  std::size_t commands = 8;
  std::size_t users = 2;
  /// What a locale may use of its host's memory, in bytes, as a server's --memMax has it; nothing:
  /// all.
  std::optional<std::int64_t> mem_max = std::nullopt;
};

/// Which names users, commands and locales go by.
enum class Names {
  kPlain,    ///< such as "arange", "user_3", "node0001"
  kHostile,  ///< quotes, backslashes, line ends, UTF-8, control characters, 4 kB of one name
};

/// Receives entries one by one, on the calling thread.
using Visitor = std::function<void(const arkouda_exporter::Metric&)>;

/// What a server that is being used would count and measure. Every user runs every command. All is
/// zero at first but the memory in use, and moves with Advance; the n-th state depends on size,
/// seed and form only. One thread.
class Workload {
 public:
  Workload(WorkloadSize size, std::uint64_t seed, Form form);

  /// Lets the users work on for a while.
  void Advance();

  /// Calls `visit` with every entry that the server answers `ALL` with, in its order, or what it
  /// answers `category` with. The timestamps are empty; the other views are valid as long as this
  /// object.
  void Visit(std::optional<arkouda_exporter::MetricCategory> category, Names names,
             const Visitor& visit) const;

  std::vector<arkouda_exporter::LocaleInfo> Locales(Names names) const;

 private:
  struct NamePair {
    std::string plain;
    std::string hostile;

    const std::string& Get(Names names) const { return names == Names::kPlain ? plain : hostile; }
  };

  struct Locale {
    NamePair name;
    NamePair hostname;
    double used_bytes = 0;
  };

  struct Command {
    NamePair name;
    double runs_a_step = 0;  ///< at most, by each user
    double usual_seconds = 0;
    double runs = 0;  ///< by all users
    double last_seconds = 0;
    double total_seconds = 0;
    double total_gigabytes = 0;
  };

  struct User {
    NamePair name;
    std::vector<double> runs;  ///< by command
  };

  // A command of the next user in turn fails, while so much memory is in use.
  void Fail(std::size_t error_type, double gigabytes);
  void VisitLocales(const Visitor& visit) const;
  void VisitUsers(Names names, const Visitor& visit) const;

  static NamePair MakeName(const std::string& plain, std::size_t index);
  double Random();  ///< from [0, 1)

  std::mt19937_64 random_;
  const Form form_;
  const double memory_;  ///< what a locale may use, in bytes
  std::vector<Locale> locales_;
  std::vector<Command> commands_;
  std::vector<User> users_;
  std::vector<double> errors_;  ///< by error type
  std::size_t failures_ = 0;
  double connections_ = 0;
};

}  // namespace arkouda_simulator
