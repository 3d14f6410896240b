// SPDX-License-Identifier: Apache-2.0
// y = (a == b) with broadcasting; NaN equals nothing.
#include "base/try.h"
#include "ops/elementwise.h"
#include "ops/op.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY(context.require_same_dtype(0, 1));
  KITE_TRY_ASSIGN(const Shape shape, broadcast_inputs(context, {0, 1}));
  return context.set_output(0, TensorType{DType::kBool, shape});
}

Status compute(const ComputeContext& context) {
  return dispatch(AllTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    map_pairs<T, T, bool>(context, [](T a, T b) { return a == b; });
    return {};
  });
}

}  // namespace

extern const Operator kEqualOperator{"", "Equal", 7, 23, "strings are not supported", infer, compute};

}  // namespace kite
