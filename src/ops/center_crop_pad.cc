// SPDX-License-Identifier: Apache-2.0
// CenterCropPad: each axis cut to a given size, or filled up to it with zeros, evenly at both ends.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include "ops/axes.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> shape, context.constant_ints(1, "shape"));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> stated, context.get_ints("axes"));
  const Shape& x = context.shape(0);
  KITE_TRY_ASSIGN(std::vector<int> axes, normalize_axes(context, stated, x.rank()));
  if (!context.attributes().has("axes")) {
    axes.resize(static_cast<std::size_t>(x.rank()));
    std::iota(axes.begin(), axes.end(), 0);
  }
  if (shape.size() != axes.size()) {
    return context.invalid("input 'shape' has " + std::to_string(shape.size()) + " numbers for " +
                           std::to_string(axes.size()) + " axes");
  }
  std::vector<std::int64_t> dims(x.dims().begin(), x.dims().end());
  for (std::size_t i = 0; i < axes.size(); ++i) dims[static_cast<std::size_t>(axes[i])] = shape[i];
  return context.set_output(0, context.input(0).dtype, dims);
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const MutableTensorView& y = context.outputs[0];
  const auto in_strides = dense_strides(x.type.shape);
  const auto out_strides = dense_strides(y.type.shape);
  StridedCopy copy;
  std::int64_t in_first = 0;
  std::int64_t out_first = 0;
  std::memset(y.data, 0, static_cast<std::size_t>(y.type.size_bytes()));
  if (x.type.shape.elements() == 0) return {};
  for (int axis = 0; axis < x.type.shape.rank(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    const std::int64_t in = x.type.shape[axis];
    const std::int64_t out = y.type.shape[axis];
    // Of an odd difference the smaller half comes first.
    in_first += std::max<std::int64_t>(in - out, 0) / 2 * in_strides[a];
    out_first += std::max<std::int64_t>(out - in, 0) / 2 * out_strides[a];
    copy.add_axis(std::min(in, out), out_strides[a], in_strides[a]);
  }
  if (y.type.shape.elements() == 0) return {};
  const std::size_t size = dtype_size(x.type.dtype);
  const auto bytes = static_cast<std::int64_t>(size);
  strided_copy(copy, size, x.data + in_first * bytes, y.data + out_first * bytes);
  return {};
}

}  // namespace

extern constinit const Operator kCenterCropPadOperator = {
    "", "CenterCropPad", 18, kLastOpset, "shape must be constant", infer, compute};

}  // namespace kite
