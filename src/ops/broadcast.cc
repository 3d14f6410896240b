// SPDX-License-Identifier: Apache-2.0
// The shape rule of numpy broadcasting and the strides that follow from it.
#include "ops/broadcast.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "paperkite/try.h"

namespace kite {

Result<Shape> broadcast_shapes(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::array<std::int64_t, kMaxRank> dims{};
  for (int axis = 0; axis < rank; ++axis) {
    const int in_a = axis - (rank - a.rank());
    const int in_b = axis - (rank - b.rank());
    const std::int64_t size_a = in_a >= 0 ? a[in_a] : 1;
    const std::int64_t size_b = in_b >= 0 ? b[in_b] : 1;
    if (size_a != size_b && size_a != 1 && size_b != 1) {
      return Error{ErrorCode::kInvalidModel,
                   "shapes " + a.to_string() + " and " + b.to_string() + " do not broadcast: axis " +
                       std::to_string(axis) + " of the result would be both " + std::to_string(size_a) + " and " +
                       std::to_string(size_b),
                   {},
                   {}};
    }
    dims[static_cast<std::size_t>(axis)] = size_a == 1 ? size_b : size_a;
  }
  return Shape::make(std::span<const std::int64_t>(dims).first(static_cast<std::size_t>(rank)));
}

Result<Shape> broadcast_with(const InferContext& context, const Shape& shape, int i) {
  auto wider = broadcast_shapes(shape, context.shape(i));
  if (wider.ok()) return wider;
  Error placed = context.invalid(wider.error().what);
  placed.code = wider.error().code;
  return placed;
}

Result<Shape> broadcast_inputs(const InferContext& context, std::initializer_list<int> inputs) {
  Shape shape;
  for (const int i : inputs) {
    KITE_TRY_ASSIGN(shape, broadcast_with(context, shape, i));
  }
  return shape;
}

namespace {

// Strides of a dense operand of shape `in`, seen as `out`; out.rank() entries.
std::array<std::int64_t, kMaxRank> operand_strides(const Shape& in, const Shape& out) noexcept {
  std::array<std::int64_t, kMaxRank> strides{};
  std::int64_t dense = 1;
  for (int axis = in.rank() - 1; axis >= 0; --axis) {
    strides[static_cast<std::size_t>(axis + out.rank() - in.rank())] = in[axis] == 1 ? 0 : dense;
    dense *= in[axis];
  }
  return strides;
}

}  // namespace

template <std::size_t N>
Broadcast<N>::Broadcast(const Shape& out, const std::array<Shape, N>& in) noexcept {
  if (out.elements() == 0) return;
  std::array<std::array<std::int64_t, kMaxRank>, N> strides{};
  for (std::size_t n = 0; n < N; ++n) strides[n] = operand_strides(in[n], out);
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
typename Broadcast<N>::Position Broadcast<N>::start(ElementRange range) const noexcept {
  Position at;
  at.row.out = range.first;
  if (rank_ == 0) return at;
  const auto inner = static_cast<std::size_t>(rank_ - 1);
  at.row.step = stride_[inner];
  at.column = range.first % size_[inner];
  std::int64_t outer = range.first / size_[inner];
  for (int axis = rank_ - 2; axis >= 0; --axis) {
    const auto a = static_cast<std::size_t>(axis);
    at.index[a] = outer % size_[a];
    outer /= size_[a];
    for (std::size_t n = 0; n < N; ++n) at.start[n] += at.index[a] * stride_[a][n];
  }
  return at;
}

template <std::size_t N>
bool Broadcast<N>::take_row(Position& at, std::int64_t last) const noexcept {
  BroadcastRow<N>& row = at.row;
  row.out += row.count;
  if (rank_ == 0 || row.out >= last) return false;
  const std::int64_t width = size_[static_cast<std::size_t>(rank_ - 1)];
  row.count = std::min(width - at.column, last - row.out);
  for (std::size_t n = 0; n < N; ++n) row.in[n] = at.start[n] + at.column * row.step[n];
  at.column = 0;
  for (int axis = rank_ - 2; axis >= 0; --axis) {  // an odometer over the outer axes
    const auto a = static_cast<std::size_t>(axis);
    for (std::size_t n = 0; n < N; ++n) at.start[n] += stride_[a][n];
    if (++at.index[a] < size_[a]) break;
    for (std::size_t n = 0; n < N; ++n) at.start[n] -= stride_[a][n] * size_[a];
    at.index[a] = 0;
  }
  return true;
}

template class Broadcast<1>;
template class Broadcast<2>;
template class Broadcast<3>;

}  // namespace kite
