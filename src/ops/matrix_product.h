// SPDX-License-Identifier: Apache-2.0
// The one matrix product of the portable operators: MatMul, Gemm and Linear differ in what they do with its sums.
#pragma once

#include <array>
#include <cstdint>

#include "ops/product_tiles.h"
#include "ops/wrapping.h"

namespace kite {

// Element (row, column) lies at data[row * row_step + column * column_step].
template <typename T>
struct MatrixOperand {
  const T* data;
  std::int64_t row_step;
  std::int64_t column_step;
};

// Calls store(m, n, sum) once for each (m, n) in `tiles`, with sum = sum over k < depth of a(m, k) * b(k, n), in the
// accumulator type and in ascending k.
template <typename T, typename Store>
void matrix_product(const ProductTiles& tiles, std::int64_t depth, MatrixOperand<T> a, MatrixOperand<T> b,
                    Store&& store) {
  constexpr std::int64_t kRows = ProductTiles::kRows;
  constexpr std::int64_t kColumns = ProductTiles::kColumns;
  using Sum = Accumulator<T>;
  std::array<std::array<Sum, kColumns>, kRows> sums;
  std::array<Sum, kColumns> b_row;
  tiles.for_each([&](std::int64_t m0, std::int64_t m_count, std::int64_t n0, std::int64_t n_count) {
    for (auto& row : sums) row.fill(Sum{0});
    for (std::int64_t k = 0; k < depth; ++k) {
      const T* from = b.data + k * b.row_step + n0 * b.column_step;
      for (std::int64_t n = 0; n < n_count; ++n) {
        b_row[static_cast<std::size_t>(n)] = static_cast<Sum>(from[n * b.column_step]);
      }
      for (std::int64_t m = 0; m < m_count; ++m) {
        const auto factor = static_cast<Sum>(a.data[(m0 + m) * a.row_step + k * a.column_step]);
        Sum* row = sums[static_cast<std::size_t>(m)].data();
        for (std::int64_t n = 0; n < n_count; ++n) row[n] += factor * b_row[static_cast<std::size_t>(n)];
      }
    }
    for (std::int64_t m = 0; m < m_count; ++m) {
      for (std::int64_t n = 0; n < n_count; ++n) {
        store(m0 + m, n0 + n, sums[static_cast<std::size_t>(m)][static_cast<std::size_t>(n)]);
      }
    }
  });
}

}  // namespace kite
