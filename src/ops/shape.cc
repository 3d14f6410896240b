// SPDX-License-Identifier: Apache-2.0
// Shape: the input's dimensions as a tensor, from `start` to `end` since opset 15. Size: their product.
#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {

namespace {

constexpr int kStartEndSince = 15;

// [first, last) of the axes; empty ranges give first == last.
std::pair<int, int> axis_range(int rank, std::int64_t start, std::int64_t end) {
  const auto clamp = [rank](std::int64_t at) {
    return static_cast<int>(std::clamp<std::int64_t>(at < 0 ? at + rank : at, 0, rank));
  };
  const int first = clamp(start);
  return {first, std::max(first, clamp(end))};
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  const int rank = context.shape(0).rank();
  std::pair<int, int> axes{0, rank};
  if (context.opset() >= kStartEndSince) {
    KITE_TRY_ASSIGN(const std::int64_t start, context.get_int("start", 0));
    KITE_TRY_ASSIGN(const std::int64_t end, context.get_int("end", std::numeric_limits<std::int64_t>::max()));
    axes = axis_range(rank, start, end);
  }
  const std::vector<std::int64_t> dims = {axes.second - axes.first};
  return context.set_output(0, DType::kInt64, dims);
}

Status compute(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  const auto first = context.opset >= kStartEndSince
                         ? axis_range(shape.rank(), context.attributes.get_int("start", 0), shape.rank()).first
                         : 0;
  const std::int64_t count = context.outputs[0].type.shape[0];
  for (std::int64_t i = 0; i < count; ++i) {
    context.outputs[0].as<std::int64_t>()[i] = shape[first + static_cast<int>(i)];
  }
  return {};
}

Status infer_size(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  return context.set_output(0, TensorType{DType::kInt64, Shape{}});
}

Status compute_size(const ComputeContext& context) {
  *context.outputs[0].as<std::int64_t>() = context.inputs[0].type.shape.elements();
  return {};
}

}  // namespace

extern const Operator kShapeOperator = {"", "Shape", 7, kLastOpset, "", infer, compute};
extern const Operator kSizeOperator = {"", "Size", 7, kLastOpset, "", infer_size, compute_size};

}  // namespace kite
