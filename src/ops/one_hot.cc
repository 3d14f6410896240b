// SPDX-License-Identifier: Apache-2.0
// OneHot: a new axis of `depth` elements, `on` where its position is the index and `off` elsewhere. An index outside
// [-depth, depth) marks nothing.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"
#include "tensor/widen.h"

namespace kite {
namespace {

// Of any number type. An index that a double does not hold exactly lies outside every axis.
double number_at(const TensorView& view, std::int64_t i) {
  const DType dtype = view.type.dtype;
  double number = 0;
  widen(dtype, view.data + i * static_cast<std::int64_t>(dtype_size(dtype)), {&number, 1});
  return number;
}

Result<std::int64_t> depth_of(const InferContext& context) {
  const TensorView* view = context.constant(1);
  if (view == nullptr) {
    return context.unsupported("input 'depth' is only known at run time, so the output shape would depend on data",
                               "simplify the model so that this input is a constant");
  }
  if (view->type.shape.elements() != 1) return context.invalid("input 'depth' must hold one number");
  const double depth = number_at(*view, 0);
  // Not a cast of what no axis can be long: NaN and large floats have no integer.
  const bool is_length = depth >= 1 && depth <= static_cast<double>(kMaxElements);
  if (!is_length) return context.invalid("input 'depth' must be a positive number");
  return static_cast<std::int64_t>(depth);
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(3, 3));
  KITE_TRY(require_dtype(context, 0, NumericTypes{}));
  KITE_TRY(require_dtype(context, 1, NumericTypes{}));
  if (context.shape(2).elements() != 2) return context.invalid("input 'values' must hold two elements, off and on");
  KITE_TRY_ASSIGN(const std::int64_t depth, depth_of(context));
  const Shape& indices = context.shape(0);
  KITE_TRY_ASSIGN(const std::int64_t stated, context.get_int("axis", -1));
  KITE_TRY_ASSIGN(const int axis, context.normalize_axis(stated, indices.rank() + 1));
  std::vector<std::int64_t> dims(indices.dims().begin(), indices.dims().end());
  dims.insert(dims.begin() + axis, depth);
  return context.set_output(0, context.input(2).dtype, dims);
}

Status compute(const ComputeContext& context) {
  const MutableTensorView& y = context.outputs[0];
  const Shape& shape = y.type.shape;
  std::int64_t stated = context.attributes.get_int("axis", -1);
  if (stated < 0) stated += shape.rank();
  const auto axis = static_cast<int>(stated);
  const std::int64_t depth = shape[axis];
  const std::int64_t outer = shape.elements(0, axis);
  const std::int64_t inner = shape.elements(axis + 1, shape.rank());
  const auto size = static_cast<std::int64_t>(dtype_size(y.type.dtype));
  const std::byte* off = context.inputs[2].data;
  const std::byte* on = off + size;
  const auto [first, last] = context.share.of(outer * inner, 1);
  for (std::int64_t i = first; i < last; ++i) {
    std::byte* line = y.data + (i / inner * depth * inner + i % inner) * size;
    for (std::int64_t k = 0; k < depth; ++k) {
      std::memcpy(line + k * inner * size, off, static_cast<std::size_t>(size));
    }
    const double value = number_at(context.inputs[0], i);
    if (!(value >= -static_cast<double>(depth) && value < static_cast<double>(depth))) continue;
    const auto whole = static_cast<std::int64_t>(value);
    const std::int64_t position = whole < 0 ? whole + depth : whole;
    std::memcpy(line + position * inner * size, on, static_cast<std::size_t>(size));
  }
  return {};
}

}  // namespace

extern constinit const Operator kOneHotOperator = {
    "", "OneHot", 9, kLastOpset, "depth must be constant", infer, compute, Sharing::kShared};

}  // namespace kite
