#pragma once

namespace arkouda_simulator {

/// The generation of Arkouda that the simulator speaks like, named for a year of its releases.
enum class Form {
  k2022,  ///< no averages, totals or errors; objType required
  k2024,  ///< every category; objType required
  /// `payload` in the envelope; objType and unknown fields are passed over. As releases from
  /// v2024.10.02 on, no error is counted: `total` stays 0 and no type appears. What fails counts as
  /// a request and has a response time. Commands' names carry the types of arrays.
  k2026,
};

}  // namespace arkouda_simulator
