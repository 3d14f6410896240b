// SPDX-License-Identifier: Apache-2.0
// Numpy broadcasting: the common shape of several operands, and a walk over it that allocates nothing.
#pragma once

#include <algorithm>
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

namespace broadcast_internal {
// Strides of a dense operand of shape `in`, seen as `out`; out.rank() entries.
std::array<std::int64_t, kMaxRank> operand_strides(const Shape& in, const Shape& out) noexcept;
}  // namespace broadcast_internal

// Walks `out` row by row with N dense operands that broadcast to it. Neighbouring axes that every operand either
// walks through or stands still on are merged first, so that equal shapes are one run.
template <std::size_t N>
class Broadcast {
 public:
  Broadcast(const Shape& out, const std::array<Shape, N>& in) noexcept;

  // Calls fn(const BroadcastRow<N>&) for each run of the elements `range` of the output, in their order.
  template <typename Fn>
  void for_each_row(ElementRange range, Fn&& fn) const;

 private:
  int rank_ = 0;  // merged axes; 0 when the output is empty
  std::array<std::int64_t, kMaxRank> size_{};
  std::array<std::array<std::int64_t, N>, kMaxRank> stride_{};
};

template <std::size_t N>
Broadcast<N>::Broadcast(const Shape& out, const std::array<Shape, N>& in) noexcept {
  if (out.elements() == 0) return;
  std::array<std::array<std::int64_t, kMaxRank>, N> strides{};
  for (std::size_t n = 0; n < N; ++n) strides[n] = broadcast_internal::operand_strides(in[n], out);
  for (int axis = 0; axis < out.rank(); ++axis) {
    if (out[axis] == 1) continue;
    const auto a = static_cast<std::size_t>(axis);
    bool merge = rank_ > 0;
    for (std::size_t n = 0; merge && n < N; ++n) {
      // An outer stride of size * inner stride (0 = 0 * size included) means that the two axes are one.
      merge = stride_[static_cast<std::size_t>(rank_ - 1)][n] == strides[n][a] * out[axis];
    }
    if (!merge) {
      size_[static_cast<std::size_t>(rank_)] = 1;
      ++rank_;
    }
    const auto last = static_cast<std::size_t>(rank_ - 1);
    size_[last] *= out[axis];
    for (std::size_t n = 0; n < N; ++n) stride_[last][n] = strides[n][a];
  }
  if (rank_ == 0) {  // a single element
    rank_ = 1;
    size_[0] = 1;
  }
}

template <std::size_t N>
template <typename Fn>
void Broadcast<N>::for_each_row(ElementRange range, Fn&& fn) const {
  if (range.first >= range.last) return;
  const auto inner = static_cast<std::size_t>(rank_ - 1);
  const std::int64_t width = size_[inner];
  std::array<std::int64_t, kMaxRank> index{};  // of the outer axes
  std::array<std::int64_t, N> start{};         // where the operands' rows start
  std::int64_t outer = range.first / width;
  for (int axis = rank_ - 2; axis >= 0; --axis) {
    const auto a = static_cast<std::size_t>(axis);
    index[a] = outer % size_[a];
    outer /= size_[a];
    for (std::size_t n = 0; n < N; ++n) start[n] += index[a] * stride_[a][n];
  }
  BroadcastRow<N> row;
  row.step = stride_[inner];
  std::int64_t column = range.first % width;
  for (row.out = range.first; row.out < range.last; row.out += row.count, column = 0) {
    row.count = std::min(width - column, range.last - row.out);
    for (std::size_t n = 0; n < N; ++n) row.in[n] = start[n] + column * row.step[n];
    fn(static_cast<const BroadcastRow<N>&>(row));
    for (int axis = rank_ - 2; axis >= 0; --axis) {  // an odometer over the outer axes
      const auto a = static_cast<std::size_t>(axis);
      for (std::size_t n = 0; n < N; ++n) start[n] += stride_[a][n];
      if (++index[a] < size_[a]) break;
      for (std::size_t n = 0; n < N; ++n) start[n] -= stride_[a][n] * size_[a];
      index[a] = 0;
    }
  }
}

}  // namespace kite
