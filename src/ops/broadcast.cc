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

namespace broadcast_internal {

std::array<std::int64_t, kMaxRank> operand_strides(const Shape& in, const Shape& out) noexcept {
  std::array<std::int64_t, kMaxRank> strides{};
  std::int64_t dense = 1;
  for (int axis = in.rank() - 1; axis >= 0; --axis) {
    strides[static_cast<std::size_t>(axis + out.rank() - in.rank())] = in[axis] == 1 ? 0 : dense;
    dense *= in[axis];
  }
  return strides;
}

}  // namespace broadcast_internal
}  // namespace kite
