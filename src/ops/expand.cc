// SPDX-License-Identifier: Apache-2.0
// Expand: repeats axes of size 1 so that the input broadcasts to the given shape (or is wider than it).
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "ops/broadcast.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> dims, context.constant_ints(1, "shape"));
  KITE_TRY_ASSIGN(const Shape target, Shape::make(dims));
  KITE_TRY_ASSIGN(const Shape shape, broadcast_shapes(context.shape(0), target));
  return context.set_output(0, TensorType{context.input(0).dtype, shape});
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const MutableTensorView& y = context.outputs[0];
  const auto in_strides = dense_strides(x.type.shape);
  const auto out_strides = dense_strides(y.type.shape);
  const int lead = y.type.shape.rank() - x.type.shape.rank();
  StridedCopy copy;
  for (int axis = 0; axis < y.type.shape.rank(); ++axis) {
    const bool repeats = axis < lead || x.type.shape[axis - lead] == 1;
    copy.add_axis(y.type.shape[axis], out_strides[static_cast<std::size_t>(axis)],
                  repeats ? 0 : in_strides[static_cast<std::size_t>(axis - lead)]);
  }
  strided_copy(copy, dtype_size(x.type.dtype), x.data, y.data, context.share);
  return {};
}

}  // namespace

extern const Operator kExpandOperator = {"",      "Expand",        8, kLastOpset, "shape must be constant", infer,
                                         compute, Sharing::kShared};

}  // namespace kite
