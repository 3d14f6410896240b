// SPDX-License-Identifier: Apache-2.0
// Walks every index of a shape in row-major order, for operators whose reads follow no fixed stride.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "paperkite/tensor.h"

namespace kite {

using Index = std::array<std::int64_t, kMaxRank>;

// Calls fn(const Index&, std::int64_t flat) for each element; fn returns false to stop. False when it did.
template <typename Fn>
bool for_each_index(const Shape& shape, Fn&& fn) {
  Index index{};
  const std::int64_t count = shape.elements();
  for (std::int64_t flat = 0; flat < count; ++flat) {
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
