// SPDX-License-Identifier: Apache-2.0
// Transposes a tile of 4 x 4 in the registers of SSE2. Included by the targets that have those, after Vec.
#pragma once

#include <emmintrin.h>

#include <cstddef>

namespace kite::KITE_TARGET {

constexpr int kTile = 4;

// y[c * y_step + r] = x[r * x_step + c] for r < rows, c < columns; both at most 4. Nothing else is touched.
static inline void transpose_tile(const float* x, std::ptrdiff_t x_step, int rows, float* y, std::ptrdiff_t y_step,
                                  int columns) {
  Vec a[4];
#pragma GCC unroll 4
  for (int r = 0; r < 4; ++r) a[r] = r < rows ? load_n(x + r * x_step, columns) : zero();
  const __m128 low01 = _mm_unpacklo_ps(a[0].v, a[1].v), high01 = _mm_unpackhi_ps(a[0].v, a[1].v);
  const __m128 low23 = _mm_unpacklo_ps(a[2].v, a[3].v), high23 = _mm_unpackhi_ps(a[2].v, a[3].v);
  const Vec b[4] = {{_mm_movelh_ps(low01, low23)},
                    {_mm_movehl_ps(low23, low01)},
                    {_mm_movelh_ps(high01, high23)},
                    {_mm_movehl_ps(high23, high01)}};
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c) {
    if (c < columns) store_n(y + c * y_step, b[c], rows);
  }
}

}  // namespace kite::KITE_TARGET
