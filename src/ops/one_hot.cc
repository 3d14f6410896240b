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

namespace kite {
namespace {

// The depth may be of any number type.
Result<std::int64_t> depth_of(const InferContext& context) {
  const TensorView* view = context.constant(1);
  if (view == nullptr) {
    return context.unsupported("input 'depth' is only known at run time, so the output shape would depend on data",
                               "simplify the model so that this input is a constant");
  }
  if (view->type.shape.elements() != 1) return context.invalid("input 'depth' must hold one number");
  std::int64_t depth = 0;
  KITE_TRY(dispatch(NumericTypes{}, view->type.dtype, [&]<typename T>() -> Status {
    T value{};
    std::memcpy(&value, view->data, sizeof value);
    // Not a cast of what no axis can be long: NaN and large floats have no integer.
    depth = value >= T{1} && static_cast<double>(value) <= static_cast<double>(kMaxElements)
                ? static_cast<std::int64_t>(value)
                : 0;
    return {};
  }));
  if (depth < 1) return context.invalid("input 'depth' must be a positive number");
  return depth;
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
  return dispatch(NumericTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const T* indices = context.inputs[0].as<T>();
    const auto [first, last] = context.share.of(outer * inner, 1);
    for (std::int64_t i = first; i < last; ++i) {
      std::byte* line = y.data + (i / inner * depth * inner + i % inner) * size;
      for (std::int64_t k = 0; k < depth; ++k) {
        std::memcpy(line + k * inner * size, off, static_cast<std::size_t>(size));
      }
      const auto value = static_cast<double>(indices[i]);
      if (!(value >= -static_cast<double>(depth) && value < static_cast<double>(depth))) continue;
      const auto whole = static_cast<std::int64_t>(indices[i]);
      const std::int64_t position = whole < 0 ? whole + depth : whole;
      std::memcpy(line + position * inner * size, on, static_cast<std::size_t>(size));
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kOneHotOperator = {"",      "OneHot",        9, 23, "depth must be constant", infer,
                                                   compute, Sharing::kShared};

}  // namespace kite
