#pragma once

#include <string>
#include <vector>

#include "test/simulator/faults.h"

namespace arkouda_simulator {

/// The entries that the faults wrong-types, missing-field, unknown-category, unknown-scope,
/// non-utf8 and deep put among the good ones, as text: each is wrong in exactly one thing, and all
/// of one fault's are there in every reply, however many good ones there are. What names they have
/// say `bad`, so that one which is taken for good is seen.
std::vector<std::string> BadEntries(const FaultSet& faults);

/// Nested arrays, 100,000 deep.
std::string DeepArrays();

/// A name that is not UTF-8: a truncated sequence, bytes that never occur, an overlong form.
std::string NameThatIsNoUtf8();

}  // namespace arkouda_simulator
