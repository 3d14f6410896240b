// SPDX-License-Identifier: Apache-2.0
// Transposes a tile of 4 x 4 in registers. Included by the targets whose Vec has four lanes, after it.
#pragma once

#include <cstddef>

namespace kite::KITE_TARGET {

constexpr int kTile = 4;

// y[c * y_step + r] = x[r * x_step + c] for r < rows, c < columns; both at most 4. Nothing else is touched.
static inline void transpose_tile(const float* x, std::ptrdiff_t x_step, int rows, float* y, std::ptrdiff_t y_step,
                                  int columns) {
  Vec a[4];
#pragma GCC unroll 4
  for (int r = 0; r < 4; ++r) a[r] = r < rows ? load_n(x + r * x_step, columns) : zero();
  // Pairs of rows, then both halves.
  const auto low01 = __builtin_shufflevector(a[0].v, a[1].v, 0, 4, 1, 5);
  const auto high01 = __builtin_shufflevector(a[0].v, a[1].v, 2, 6, 3, 7);
  const auto low23 = __builtin_shufflevector(a[2].v, a[3].v, 0, 4, 1, 5);
  const auto high23 = __builtin_shufflevector(a[2].v, a[3].v, 2, 6, 3, 7);
  const Vec b[4] = {{__builtin_shufflevector(low01, low23, 0, 1, 4, 5)},
                    {__builtin_shufflevector(low01, low23, 2, 3, 6, 7)},
                    {__builtin_shufflevector(high01, high23, 0, 1, 4, 5)},
                    {__builtin_shufflevector(high01, high23, 2, 3, 6, 7)}};
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c) {
    if (c < columns) store_n(y + c * y_step, b[c], rows);
  }
}

}  // namespace kite::KITE_TARGET
