// SPDX-License-Identifier: Apache-2.0
// Numpy broadcasting: the common shape of several operands, and a walk over it that allocates nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "ops/op.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

// The shape that the inputs listed broadcast to: aligned at the last axis, every axis equal or 1.
[[nodiscard]] Result<Shape> broadcast_inputs(const InferContext& context, std::initializer_list<int> inputs);

// The shape that `shape` and input `i` broadcast to.
[[nodiscard]] Result<Shape> broadcast_with(const InferContext& context, const Shape& shape, int i);

// The same for two shapes; the Error has no place yet.
[[nodiscard]] Result<Shape> broadcast_shapes(const Shape& a, const Shape& b);

// A run of consecutive output elements, and for each operand where its elements for the run start and whether they
// advance (step 1) or stay (step 0).
template <std::size_t N>
struct BroadcastRow {
  std::int64_t out = 0;    // offset of the run in the output, in elements
  std::int64_t count = 0;  // elements in the run, > 0
  std::array<std::int64_t, N> in{};
  std::array<std::int64_t, N> step{};
};

// Walks `out` row by row with N dense operands that broadcast to it. Neighbouring axes that every operand either
// walks through or stands still on are merged first, so that equal shapes are one run. Defined for N of 1, 2 and 3.
template <std::size_t N>
class Broadcast {
 public:
  Broadcast(const Shape& out, const std::array<Shape, N>& in) noexcept;

  // Calls fn(const BroadcastRow<N>&) for each run of the elements `range` of the output, in their order.
  template <typename Fn>
  void for_each_row(ElementRange range, Fn&& fn) const {
    Position at = start(range);
    while (take_row(at, range.last)) fn(static_cast<const BroadcastRow<N>&>(at.row));
  }

 private:
  struct Position {
    BroadcastRow<N> row;                         // the last one that was taken
    std::int64_t column = 0;                     // of the next one
    std::array<std::int64_t, kMaxRank> index{};  // of the next one's outer axes
    std::array<std::int64_t, N> start{};         // where its operands' rows start
  };
  Position start(ElementRange range) const noexcept;
  bool take_row(Position& at, std::int64_t last) const noexcept;

  int rank_ = 0;  // merged axes; 0 when the output is empty
  std::array<std::int64_t, kMaxRank> size_{};
  std::array<std::array<std::int64_t, N>, kMaxRank> stride_{};
};

extern template class Broadcast<1>;
extern template class Broadcast<2>;
extern template class Broadcast<3>;

}  // namespace kite
