// SPDX-License-Identifier: Apache-2.0
// The order in which a round runs its cells: balanced, so that neither position nor predecessor favours a contestant.
#pragma once

#include <cstdint>
#include <vector>

namespace kite::race {

// The rows are orders of 0..n-1. Every number stands at every position equally often, and follows every other number
// equally often: once for even n (n rows), twice for odd n (2n rows). Williams, Aust. J. Sci. Res. A 2 (1949).
[[nodiscard]] std::vector<std::vector<std::int32_t>> williams_square(std::int32_t n);

// The order of round `round` >= 0: a row of such a square. Its labels and the sequence of its rows are drawn from
// `seed`; after the last row a new square is drawn. The same arguments give the same order on every machine.
[[nodiscard]] std::vector<std::int32_t> williams_order(std::int32_t n, std::uint64_t seed, std::int32_t round);

}  // namespace kite::race
