// SPDX-License-Identifier: Apache-2.0
// Transposes a tile of 8 x 8 in the registers of AVX. Included by the targets that have those, after Vec.
#pragma once

#include <immintrin.h>

#include <cstddef>

namespace kite::KITE_TARGET {

constexpr int kTile = 8;

static inline __m256i tile_lanes(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

// y[c * y_step + r] = x[r * x_step + c] for r < rows, c < columns; both at most 8. Nothing else is touched.
static inline void transpose_tile(const float* x, std::ptrdiff_t x_step, int rows, float* y, std::ptrdiff_t y_step,
                                  int columns) {
  const bool full = rows == kTile && columns == kTile;
  const __m256i in_lanes = tile_lanes(columns);
  __m256 a[8];
#pragma GCC unroll 8
  for (int r = 0; r < 8; ++r) {
    a[r] = full       ? _mm256_loadu_ps(x + r * x_step)
           : r < rows ? _mm256_maskload_ps(x + r * x_step, in_lanes)
                      : _mm256_setzero_ps();
  }
  // Pairs of rows, then fours, then both halves of a register.
  __m256 b[8];
#pragma GCC unroll 4
  for (int r = 0; r < 8; r += 2) {
    b[r] = _mm256_unpacklo_ps(a[r], a[r + 1]);
    b[r + 1] = _mm256_unpackhi_ps(a[r], a[r + 1]);
  }
#pragma GCC unroll 2
  for (int r = 0; r < 8; r += 4) {
    a[r] = _mm256_shuffle_ps(b[r], b[r + 2], 0x44);
    a[r + 1] = _mm256_shuffle_ps(b[r], b[r + 2], 0xEE);
    a[r + 2] = _mm256_shuffle_ps(b[r + 1], b[r + 3], 0x44);
    a[r + 3] = _mm256_shuffle_ps(b[r + 1], b[r + 3], 0xEE);
  }
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c) {
    b[c] = _mm256_permute2f128_ps(a[c], a[c + 4], 0x20);
    b[c + 4] = _mm256_permute2f128_ps(a[c], a[c + 4], 0x31);
  }
  if (full) {
#pragma GCC unroll 8
    for (int c = 0; c < 8; ++c) _mm256_storeu_ps(y + c * y_step, b[c]);
  } else {
    const __m256i out_lanes = tile_lanes(rows);
#pragma GCC unroll 8
    for (int c = 0; c < 8; ++c) {
      if (c < columns) _mm256_maskstore_ps(y + c * y_step, out_lanes, b[c]);
    }
  }
}

}  // namespace kite::KITE_TARGET
