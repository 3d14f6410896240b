// SPDX-License-Identifier: Apache-2.0
// Trilu: the upper or lower triangle of each matrix in the last two axes, zero elsewhere. k moves the diagonal up.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "ops/axes.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 2));
  KITE_TRY(context.get_int("upper", 1));
  if (context.shape(0).rank() < 2) {
    return context.invalid("input " + context.shape(0).to_string() + " is no matrix");
  }
  if (context.has_input(1) && (context.input(1).dtype != DType::kInt64 || context.shape(1).elements() != 1)) {
    return context.invalid("input 'k' must be one int64");
  }
  return context.set_output(0, context.input(0));
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const Shape& shape = x.type.shape;
  std::byte* y = context.outputs[0].data;
  const bool upper = context.attributes.get_int("upper", 1) != 0;
  const std::int64_t k = context.has_input(1) ? IndexView(context.inputs[1])[0] : 0;
  const std::int64_t columns = shape[shape.rank() - 1];
  const std::int64_t rows = shape[shape.rank() - 2];
  const auto size = static_cast<std::int64_t>(dtype_size(x.type.dtype));
  const auto [first, last] = context.share.of(shape.elements());
  for (std::int64_t i = first; i < last; ++i) {
    const std::int64_t row = i / columns % rows;
    const std::int64_t column = i % columns;
    // k may be any int64: it is compared, never added.
    const bool kept = upper ? column - row >= k : column - row <= k;
    if (kept) {
      std::memcpy(y + i * size, x.data + i * size, static_cast<std::size_t>(size));
    } else {
      std::memset(y + i * size, 0, static_cast<std::size_t>(size));
    }
  }
  return {};
}

}  // namespace

extern constinit const Operator kTriluOperator = {"", "Trilu", 14, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
