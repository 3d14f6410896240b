// SPDX-License-Identifier: Apache-2.0
// Mod: the remainder of a division. With fmod = 1 it has the sign of the dividend as in C, else that of the divisor as
// in Python.
#include <cmath>
#include <cstdint>
#include <type_traits>

#include "ops/elementwise.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY_ASSIGN([[maybe_unused]] const std::int64_t fmod, context.get_int("fmod", 0));
  return infer_binary(context, NumericTypes{});
}

template <typename T>
T float_remainder(T a, T b, bool sign_of_dividend) {
  const T remainder = std::fmod(a, b);
  if (sign_of_dividend) return remainder;
  if (remainder == 0) return std::copysign(remainder, b);
  return (remainder < 0) != (b < 0) ? remainder + b : remainder;
}

template <typename T>
T integer_remainder(T a, T b, bool sign_of_dividend) {
  if (std::is_signed_v<T> && b == static_cast<T>(-1)) return 0;  // the lowest value % -1 traps on x86
  const auto remainder = static_cast<T>(a % b);
  const bool adjust = !sign_of_dividend && remainder != 0 && (remainder < 0) != (b < 0);
  return adjust ? static_cast<T>(remainder + b) : remainder;
}

Status compute(const ComputeContext& context) {
  const bool fmod = context.attributes.get_int("fmod", 0) != 0;
  return dispatch(NumericTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    if constexpr (std::is_floating_point_v<T>) {
      map_pairs<T, T, T>(context, [fmod](T a, T b) { return float_remainder(a, b, fmod); });
      return {};
    } else {
      bool by_zero = false;
      map_pairs<T, T, T>(context, [&](T a, T b) -> T {
        by_zero = by_zero || b == 0;
        return b == 0 ? T{0} : integer_remainder(a, b, fmod);
      });
      if (!by_zero) return {};
      return Error{ErrorCode::kInvalidInput, "integer division by zero", {}, "input 1 must hold no 0"};
    }
  });
}

}  // namespace

extern const Operator kModOperator = {"", "Mod", 10, 23, "", infer, compute};

}  // namespace kite
