#pragma once

namespace arkouda_simulator {

/// The generation of Arkouda that the simulator speaks like, named for a year of its releases.
enum class Form {
  k2022,  ///< no averages, totals or errors; objType required
  k2024,  ///< every category; objType required
  k2026,  ///< as 2024, `payload` in the envelope; objType and unknown fields are passed over
};

}  // namespace arkouda_simulator
