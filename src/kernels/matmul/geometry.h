// SPDX-License-Identifier: Apache-2.0
// How a matrix product is cut, from MatmulParams alone.
#pragma once

#include <cstdint>

#include "kernels/matmul/matmul_params.h"

namespace kite {

// Packed columns of b that one filling of the scratch holds: a quarter of the smallest L2 in use (1 MB), at least one
// panel of three blocks of 16, a multiple of 96 (whole panels of two or three blocks for 16, 8 and 4 lanes).
constexpr std::int64_t kMatmulScratchBytes = 256 * 1024;

static inline std::int64_t matmul_block_columns(const MatmulParams& p) {
  const std::int64_t all = (static_cast<std::int64_t>(p.n) + 15) / 16 * 16;
  std::int64_t columns = kMatmulScratchBytes / (static_cast<std::int64_t>(p.k) * 4) / 96 * 96;
  if (columns < 96) columns = 96;
  return columns < all ? columns : all;
}

}  // namespace kite
