// SPDX-License-Identifier: Apache-2.0
// Where: y = condition ? x : y, all three broadcast.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "ops/broadcast.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(3, 3));
  KITE_TRY(require_dtype(context, 0, TypeList<bool>{}));
  KITE_TRY(context.require_same_dtype(1, 2));
  KITE_TRY_ASSIGN(const Shape shape, broadcast_inputs(context, {0, 1, 2}));
  return context.set_output(0, TensorType{context.input(1).dtype, shape});
}

// Elements are only moved, so their size is all that matters.
template <std::size_t kSize>
void select(const ComputeContext& context) {
  const std::array<Shape, 3> shapes = {context.inputs[0].type.shape, context.inputs[1].type.shape,
                                       context.inputs[2].type.shape};
  const auto* condition = context.inputs[0].as<std::uint8_t>();
  const std::byte* if_true = context.inputs[1].data;
  const std::byte* if_false = context.inputs[2].data;
  std::byte* y = context.outputs[0].data;
  constexpr auto kStep = static_cast<std::int64_t>(kSize);
  const Shape& shape = context.outputs[0].type.shape;
  Broadcast<3>(shape, shapes).for_each_row(context.share.of(shape.elements()), [&](const BroadcastRow<3>& row) {
    for (std::int64_t i = 0; i < row.count; ++i) {
      const bool chosen = condition[row.in[0] + i * row.step[0]] != 0;
      const std::byte* from =
          chosen ? if_true + (row.in[1] + i * row.step[1]) * kStep : if_false + (row.in[2] + i * row.step[2]) * kStep;
      std::memcpy(y + (row.out + i) * kStep, from, kSize);
    }
  });
}

Status compute(const ComputeContext& context) {
  switch (dtype_size(context.outputs[0].type.dtype)) {
    case 1: select<1>(context); break;
    case 2: select<2>(context); break;
    case 4: select<4>(context); break;
    default: select<8>(context); break;
  }
  return {};
}

}  // namespace

extern const Operator kWhereOperator = {"", "Where", 9, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
