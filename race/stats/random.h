// SPDX-License-Identifier: Apache-2.0
// Seeded random numbers that are the same on every machine: the standard fixes mt19937_64, but not its distributions.
#pragma once

#include <cstdint>
#include <random>

namespace kite::race {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  [[nodiscard]] std::uint64_t bits() { return engine_(); }

  // 0 <= value < 1, 53 bits.
  [[nodiscard]] double uniform() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }

  // 0 <= value < n, n > 0; its bias is at most n / 2^53, too small to be seen in any resampling.
  [[nodiscard]] std::size_t below(std::size_t n) {
    return static_cast<std::size_t>(uniform() * static_cast<double>(n));
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace kite::race
