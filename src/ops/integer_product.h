// SPDX-License-Identifier: Apache-2.0
// The one matrix product of the quantised operators.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ops/product_tiles.h"

namespace kite {

// Calls store(m, n, sum) once for each (m, n) in `tiles`, with sum = sum over k < depth of a(m, k) * b(k, n) in 32
// bits, which wrap. a(m, k) is an element without its zero point, load_row(k, n, count, out) writes as many of b's.
template <typename A, typename LoadRow, typename Store>
void integer_product(const ProductTiles& tiles, std::int64_t depth, A a, LoadRow load_row, Store store) {
  constexpr std::int64_t kColumns = ProductTiles::kColumns;
  std::array<std::array<std::uint32_t, kColumns>, ProductTiles::kRows> sums;  // unsigned, they wrap
  std::array<std::int32_t, kColumns> row{};
  tiles.for_each([&](std::int64_t m, std::int64_t height, std::int64_t n, std::int64_t width) {
    for (auto& line : sums) line.fill(0);
    for (std::int64_t k = 0; k < depth; ++k) {
      load_row(k, n, width, row.data());
      for (std::int64_t i = 0; i < height; ++i) {
        const std::int32_t left = a(m + i, k);
        auto& line = sums[static_cast<std::size_t>(i)];
        for (std::size_t j = 0; j < kColumns; ++j) line[j] += static_cast<std::uint32_t>(left * row[j]);
      }
    }
    for (std::int64_t i = 0; i < height; ++i) {
      for (std::int64_t j = 0; j < width; ++j) {
        store(m + i, n + j, static_cast<std::int32_t>(sums[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)]));
      }
    }
  });
}

}  // namespace kite
