// SPDX-License-Identifier: Apache-2.0
// How the result of a matrix product is cut: into tiles of sums, which threads share.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/checked.h"
#include "ops/op.h"

namespace kite {

// Tiles of a `rows` x `columns` result, row by row of tiles.
class ProductTiles {
 public:
  // The sums of a tile stay in L1, and each row of the right operand is converted once for 4 rows of the left one.
  static constexpr std::int64_t kRows = 4;
  static constexpr std::int64_t kColumns = 64;

  // The tiles of this share.
  ProductTiles(std::int64_t rows, std::int64_t columns, Share share)
      : ProductTiles(rows, columns, share.of(count(rows, columns), 1)) {}
  ProductTiles(std::int64_t rows, std::int64_t columns, ElementRange tiles)
      : rows_(rows), columns_(columns), tiles_(tiles) {}

  [[nodiscard]] static std::int64_t count(std::int64_t rows, std::int64_t columns) noexcept {
    return ceil_div(rows, kRows) * ceil_div(columns, kColumns);
  }

  // Calls fn(first row, rows, first column, columns) for each.
  template <typename Fn>
  void for_each(Fn&& fn) const {
    const std::int64_t across = ceil_div(columns_, kColumns);
    for (std::int64_t tile = tiles_.first; tile < tiles_.last; ++tile) {
      const std::int64_t m = tile / across * kRows;
      const std::int64_t n = tile % across * kColumns;
      fn(m, std::min(kRows, rows_ - m), n, std::min(kColumns, columns_ - n));
    }
  }

 private:
  std::int64_t rows_, columns_;
  ElementRange tiles_;
};

// For `matrices` products of one size: calls fn(matrix, its tiles in this share) for those that have any.
template <typename Fn>
void for_each_product(std::int64_t matrices, std::int64_t rows, std::int64_t columns, Share share, Fn&& fn) {
  const std::int64_t tiles = ProductTiles::count(rows, columns);
  const auto [first, last] = share.of(matrices * tiles, 1);
  for (std::int64_t at = first; at < last;) {
    const std::int64_t matrix = at / tiles;
    const std::int64_t end = std::min((matrix + 1) * tiles, last);
    fn(matrix, ProductTiles(rows, columns, ElementRange{at - matrix * tiles, end - matrix * tiles}));
    at = end;
  }
}

}  // namespace kite
