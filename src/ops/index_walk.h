// SPDX-License-Identifier: Apache-2.0
// Walks every index of a shape in row-major order, for operators whose reads follow no fixed stride.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "ops/op.h"
#include "paperkite/tensor.h"

namespace kite {

using Index = std::array<std::int64_t, kMaxRank>;

// Calls fn(const Index&, std::int64_t flat) for each element of `range`; fn returns false to stop. False when it did.
template <typename Fn>
bool for_each_index(const Shape& shape, ElementRange range, Fn&& fn) {
  Index index{};
  if (range.first >= range.last) return true;
  for (std::int64_t axis = shape.rank() - 1, rest = range.first; axis >= 0; --axis) {
    index[static_cast<std::size_t>(axis)] = rest % shape[static_cast<int>(axis)];
    rest /= shape[static_cast<int>(axis)];
  }
  for (std::int64_t flat = range.first; flat < range.last; ++flat) {
    if (!fn(static_cast<const Index&>(index), flat)) return false;
    for (int axis = shape.rank() - 1; axis >= 0; --axis) {
      const auto a = static_cast<std::size_t>(axis);
      if (++index[a] < shape[axis]) break;
      index[a] = 0;
    }
  }
  return true;
}

}  // namespace kite
