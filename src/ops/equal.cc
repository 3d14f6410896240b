// SPDX-License-Identifier: Apache-2.0
// y = (a == b) with broadcasting; NaN equals nothing.
#include <cstdint>

#include "ops/elementwise.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY(context.require_same_dtype(0, 1));
  KITE_TRY_ASSIGN(const Shape shape, broadcast_inputs(context, {0, 1}));
  return context.set_output(0, TensorType{DType::kBool, shape});
}

Status compute(const ComputeContext& context) {
  if (context.inputs[0].type.dtype == DType::kBool) {
    // As bytes: any but 0 is true, and a byte of a file that is neither 0 nor 1 must not be read as bool.
    map_pairs<std::uint8_t, std::uint8_t, bool>(context,
                                                [](std::uint8_t a, std::uint8_t b) { return (a != 0) == (b != 0); });
    return {};
  }
  return dispatch(NumericTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    map_pairs<T, T, bool>(context, [](T a, T b) { return a == b; });
    return {};
  });
}

}  // namespace

extern const Operator kEqualOperator{"", "Equal", 7, 23, "strings are not supported", infer, compute};

}  // namespace kite
