// SPDX-License-Identifier: Apache-2.0
// Operators that map each element alone, or each pair of broadcast elements.
#pragma once

#include <cstdint>

#include "ops/broadcast.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {

// One input, one output of its type; the element types are those of the list.
template <typename Types>
[[nodiscard]] Status infer_unary(InferContext& context, Types types) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(require_dtype(context, 0, types));
  return context.set_output(0, context.input(0));
}

// y[i] = fn(x[i]); X and Y are the element types of input 0 and output 0. These loops compute the share of their call.
template <typename X, typename Y, typename Fn>
[[nodiscard]] Status map_elements(const ComputeContext& context, Fn fn) {
  const X* x = context.inputs[0].as<X>();
  Y* y = context.outputs[0].as<Y>();
  const auto [first, last] = context.share.of(context.outputs[0].type.shape.elements());
  for (std::int64_t i = first; i < last; ++i) y[i] = fn(x[i]);
  return {};
}

// The same where both have one element type of the list.
template <typename Types, typename Fn>
[[nodiscard]] Status map_unary(const ComputeContext& context, Types types, Fn fn) {
  return dispatch(types, context.outputs[0].type.dtype,
                  [&]<typename T>() -> Status { return map_elements<T, T>(context, fn); });
}

// For smooth functions: y[i] = fn(x[i]) with fn on double, rounded once to the element type.
template <typename Fn>
[[nodiscard]] Status map_smooth(const ComputeContext& context, Fn fn) {
  return map_unary(context, FloatTypes{}, [fn]<typename T>(T x) { return static_cast<T>(fn(static_cast<double>(x))); });
}

// Two inputs of one element type; the output has their broadcast shape.
template <typename Types>
[[nodiscard]] Status infer_binary(InferContext& context, Types types) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY(context.require_same_dtype(0, 1));
  KITE_TRY(require_dtype(context, 0, types));
  KITE_TRY_ASSIGN(const Shape shape, broadcast_inputs(context, {0, 1}));
  return context.set_output(0, TensorType{context.input(0).dtype, shape});
}

// y[i] = fn(a[i], b[i]) over the broadcast shape; A and B are the operands' element types, Y the output's.
template <typename A, typename B, typename Y, typename Fn>
void map_pairs(const ComputeContext& context, Fn fn) {
  const A* a = context.inputs[0].as<A>();
  const B* b = context.inputs[1].as<B>();
  Y* y = context.outputs[0].as<Y>();
  const Shape& shape = context.outputs[0].type.shape;
  const Broadcast<2> walk(shape, {context.inputs[0].type.shape, context.inputs[1].type.shape});
  walk.for_each_row(context.share.of(shape.elements()), [&](const BroadcastRow<2>& row) {
    const A* row_a = a + row.in[0];
    const B* row_b = b + row.in[1];
    Y* row_y = y + row.out;
    if (row.step[0] == 1 && row.step[1] == 1) {
      for (std::int64_t i = 0; i < row.count; ++i) row_y[i] = fn(row_a[i], row_b[i]);
    } else {
      for (std::int64_t i = 0; i < row.count; ++i) row_y[i] = fn(row_a[i * row.step[0]], row_b[i * row.step[1]]);
    }
  });
}

// The same where both operands and the output have one element type.
template <typename Types, typename Fn>
[[nodiscard]] Status map_binary(const ComputeContext& context, Types types, Fn fn) {
  return dispatch(types, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    map_pairs<T, T, T>(context, fn);
    return {};
  });
}

}  // namespace kite
