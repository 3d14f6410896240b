// SPDX-License-Identifier: Apache-2.0
// y = a / b with broadcasting. Integers divide towards zero; an integer division by zero is an error, found while
// computing because it depends on the data.
#include <type_traits>

#include "ops/elementwise.h"
#include "ops/op.h"
#include "ops/wrapping.h"

namespace kite {
namespace {

Status infer(InferContext& context) { return infer_binary(context, NumericTypes{}); }

Status compute(const ComputeContext& context) {
  return dispatch(NumericTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    if constexpr (std::is_floating_point_v<T>) {
      map_pairs<T, T, T>(context, [](T a, T b) { return a / b; });
      return {};
    } else {
      bool by_zero = false;
      map_pairs<T, T, T>(context, [&by_zero](T a, T b) -> T {
        if (b == 0) {
          by_zero = true;
          return 0;
        }
        // The lowest value divided by -1 does not fit: it wraps to itself, where the processor would trap.
        if (std::is_signed_v<T> && b == static_cast<T>(-1)) return wrapping_sub(T{0}, a);
        return static_cast<T>(a / b);
      });
      if (!by_zero) return {};
      return Error{ErrorCode::kInvalidInput, "integer division by zero", {}, "input 1 must hold no 0"};
    }
  });
}

}  // namespace

extern const Operator kDivOperator{"", "Div", 7, 23, "", infer, compute};

}  // namespace kite
