// SPDX-License-Identifier: Apache-2.0
// CumSum and CumProd: the running sum or product along one axis, in either direction, with or without the element
// itself.
#include <cstdint>

#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/wrapping.h"
#include "paperkite/try.h"

namespace kite {
namespace {

using SumTypes = TypeList<float, double, std::int32_t, std::int64_t>;  // unsigned ones have the same bits

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY(require_dtype(context, 0, ProductTypes{}));
  KITE_TRY(context.get_int("exclusive", 0));
  KITE_TRY(context.get_int("reverse", 0));
  KITE_TRY_ASSIGN(const std::int64_t axis, context.constant_int(1, "axis"));
  KITE_TRY(context.normalize_axis(axis, context.shape(0).rank()));
  return context.set_output(0, context.input(0));
}

template <bool kProduct>
Status compute(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  std::int64_t stated = IndexView(context.inputs[1])[0];
  if (stated < 0) stated += shape.rank();
  const auto axis = static_cast<int>(stated);
  const bool exclusive = context.attributes.get_int("exclusive", 0) != 0;
  const bool reverse = context.attributes.get_int("reverse", 0) != 0;
  const std::int64_t outer = shape.elements(0, axis);
  const std::int64_t count = shape[axis];
  const std::int64_t inner = shape.elements(axis + 1, shape.rank());
  return dispatch(SumTypes{}, without_sign(context.inputs[0].type.dtype), [&]<typename T>() -> Status {
    const T* x = context.inputs[0].as<T>();
    T* y = context.outputs[0].as<T>();
    const auto [first, last] = context.share.of(outer * inner, 1);
    for (std::int64_t line = first; line < last; ++line) {
      const std::int64_t start = line / inner * count * inner + line % inner;
      Accumulator<T> total = kProduct ? 1 : 0;
      for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t at = start + (reverse ? count - 1 - i : i) * inner;
        const auto element = static_cast<Accumulator<T>>(x[at]);
        const Accumulator<T> with = kProduct ? total * element : total + element;
        y[at] = static_cast<T>(exclusive ? total : with);
        total = with;
      }
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kCumSumOperator = {
    "", "CumSum", 11, kLastOpset, "axis must be constant", infer, compute<false>, Sharing::kShared};
extern constinit const Operator kCumProdOperator = {
    "", "CumProd", 26, kLastOpset, "axis must be constant", infer, compute<true>, Sharing::kShared};

}  // namespace kite
