// SPDX-License-Identifier: Apache-2.0
// Tile: the input repeated along each axis.
#include <cstdint>
#include <string>
#include <vector>

#include "base/checked.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// An axis that is repeated and longer than 1 takes two axes of the copy: the repetition and the elements.
int axes_needed(const Shape& x, const Shape& y) {
  int count = 0;
  for (int axis = 0; axis < x.rank(); ++axis) count += x[axis] > 1 && y[axis] > x[axis] ? 2 : 1;
  return count;
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> repeats, context.constant_ints(1, "repeats"));
  const Shape& x = context.shape(0);
  if (repeats.size() != x.dims().size()) {
    return context.invalid("input 'repeats' has " + std::to_string(repeats.size()) + " numbers, the input " +
                           x.to_string() + " wants one for each axis");
  }
  std::vector<std::int64_t> dims;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const std::int64_t times = repeats[static_cast<std::size_t>(axis)];
    if (times < 0 || times > kMaxElements) {
      return context.invalid("input 'repeats' holds " + std::to_string(times));
    }
    // A product above the limit becomes a dimension above it, which Shape::make refuses.
    dims.push_back((Checked(x[axis]) * times).at_most(kMaxElements).value_or(kMaxElements + 1));
  }
  KITE_TRY(context.set_output(0, context.input(0).dtype, dims));
  KITE_TRY_ASSIGN(const Shape y, Shape::make(dims));
  if (axes_needed(x, y) <= kMaxRank) return {};
  return context.unsupported("input " + x.to_string() + " is repeated along too many axes");
}

Status compute(const ComputeContext& context) {
  const Shape& x = context.inputs[0].type.shape;
  const Shape& y = context.outputs[0].type.shape;
  if (y.elements() == 0) return {};
  const auto in = dense_strides(x);
  const auto out = dense_strides(y);
  StridedCopy copy;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    if (y[axis] == x[axis]) {
      copy.add_axis(y[axis], out[a], in[a]);
      continue;
    }
    copy.add_axis(y[axis] / x[axis], out[a] * x[axis], 0);
    if (x[axis] > 1) copy.add_axis(x[axis], out[a], in[a]);
  }
  strided_copy(copy, dtype_size(context.inputs[0].type.dtype), context.inputs[0].data, context.outputs[0].data,
               context.share);
  return {};
}

}  // namespace

extern constinit const Operator kTileOperator = {
    "", "Tile", 7, kLastOpset, "repeats must be constant", infer, compute, Sharing::kShared};

}  // namespace kite
