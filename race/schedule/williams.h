// SPDX-License-Identifier: Apache-2.0
// In which order a round runs its cells, so that neither place nor predecessor favours anyone.
#pragma once

#include <cstdint>
#include <vector>

namespace kite::race {

// Rows of orders of 0..n-1. Every number stands at every place equally often, and follows every other one equally
// often: once for even n (n rows), twice for odd n (2n rows). Williams, Aust. J. Sci. Res. A 2 (1949).
[[nodiscard]] std::vector<std::vector<std::int32_t>> williams_square(std::int32_t n);

// The order of round `round` >= 0: a row of such a square, its labels and the sequence of its rows drawn from `seed`.
// After the last row a new square is drawn. The same arguments give the same order on every machine.
[[nodiscard]] std::vector<std::int32_t> williams_order(std::int32_t n, std::uint64_t seed, std::int32_t round);

}  // namespace kite::race
