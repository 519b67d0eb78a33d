#pragma once

#include <crypt.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

namespace arkouda_exporter::testing {

/// A hash of a password, the quickest to be had. `kind`: "$2a$", "$2b$" or "$2y$".
inline std::string BcryptOf(const std::string& password, const char* kind = "$2y$",
                            unsigned int cost = 4) {
  std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> salt{};
  EXPECT_NE(crypt_gensalt_rn(kind, cost, nullptr, 0, salt.data(), salt.size()), nullptr);
  const auto state = std::make_unique<crypt_data>();
  return crypt_r(password.c_str(), salt.data(), state.get());
}

}  // namespace arkouda_exporter::testing
