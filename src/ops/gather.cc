// SPDX-License-Identifier: Apache-2.0
// Gather: y[o..., i..., n...] = x[o..., indices[i...], n...] along one axis of x.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {

namespace {

std::string out_of_range(std::int64_t index, std::int64_t size) {
  return "index " + std::to_string(index) + " is outside [-" + std::to_string(size) + ", " + std::to_string(size) + ")";
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY(require_dtype(context, 1, IndexTypes{}));
  const Shape& data = context.shape(0);
  const Shape& indices = context.shape(1);
  KITE_TRY_ASSIGN(const std::int64_t raw_axis, context.get_int("axis", 0));
  KITE_TRY_ASSIGN(const int axis, context.normalize_axis(raw_axis, data.rank()));
  if (const TensorView* constant = context.constant(1)) {
    const IndexView view(*constant);
    for (std::int64_t i = 0; i < view.size(); ++i) {
      if (view[i] < -data[axis] || view[i] >= data[axis]) return context.invalid(out_of_range(view[i], data[axis]));
    }
  }
  std::vector<std::int64_t> dims(data.dims().begin(), data.dims().begin() + axis);
  dims.insert(dims.end(), indices.dims().begin(), indices.dims().end());
  dims.insert(dims.end(), data.dims().begin() + axis + 1, data.dims().end());
  return context.set_output(0, context.input(0).dtype, dims);
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const MutableTensorView& y = context.outputs[0];
  const Shape& shape = x.type.shape;
  std::int64_t raw_axis = context.attributes.get_int("axis", 0);
  if (raw_axis < 0) raw_axis += shape.rank();
  const auto axis = static_cast<int>(raw_axis);
  const std::int64_t size = shape[axis];
  const std::int64_t outer = shape.elements(0, axis);
  const std::int64_t run = shape.elements(axis + 1, shape.rank()) * static_cast<std::int64_t>(dtype_size(x.type.dtype));
  const IndexView indices(context.inputs[1]);
  const auto [first, last] = context.share.of(outer * indices.size(), 1);
  for (std::int64_t row = first; row < last; ++row) {
    std::int64_t index = indices[row % indices.size()];
    if (index < -size || index >= size) {
      return Error{ErrorCode::kInvalidInput, out_of_range(index, size), {}, {}};
    }
    if (index < 0) index += size;
    const std::int64_t from = row / indices.size() * size + index;
    std::memcpy(y.data + row * run, x.data + from * run, static_cast<std::size_t>(run));
  }
  return {};
}

}  // namespace

extern const Operator kGatherOperator = {"", "Gather", 7, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
