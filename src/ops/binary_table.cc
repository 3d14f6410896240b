// SPDX-License-Identifier: Apache-2.0
// Operators on pairs of elements with broadcasting that give a number, a row each. Integers wrap.
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "ops/elementwise.h"
#include "ops/op.h"
#include "ops/tables.h"
#include "ops/wrapping.h"
#include "paperkite/try.h"

namespace kite {
namespace {

template <typename Types>
Status infer(InferContext& context) {
  return infer_binary(context, Types{});
}

template <typename Loops, auto kFormula>
Status compute_without_sign(const ComputeContext& context) {
  return dispatch(Loops{}, without_sign(context.inputs[0].type.dtype), [&]<typename T>() -> Status {
    map_pairs<T, T, T>(context, kFormula);
    return {};
  });
}

// `kFormula` maps two elements of a type to one of the same type, whose bits do not depend on the sign of integers.
template <auto kFormula>
constexpr Operator arithmetic(std::string_view name, int first_opset) {
  return {"",
          name,
          first_opset,
          kLastOpset,
          "",
          infer<NumericTypes>,
          compute_without_sign<SignedTypes, kFormula>,
          Sharing::kShared};
}

template <auto kFormula>
constexpr Operator bits(std::string_view name, int first_opset) {
  return {"",
          name,
          first_opset,
          kLastOpset,
          "",
          infer<IntegerTypes>,
          compute_without_sign<SignedIntegers, kFormula>,
          Sharing::kShared};
}

Status infer_division(InferContext& context) {
  KITE_TRY_ASSIGN([[maybe_unused]] const std::int64_t fmod, context.get_int("fmod", 0));
  return infer_binary(context, NumericTypes{});
}

// `kFormula` maps two elements and the attribute fmod to one. It never sees an integer 0 as the divisor: that is an
// error, found while computing because it depends on the data.
template <auto kFormula>
Status compute_division(const ComputeContext& context) {
  const bool fmod = context.attributes.get_int("fmod", 0) != 0;
  return dispatch(NumericTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    bool by_zero = false;
    map_pairs<T, T, T>(context, [&](T a, T b) -> T {
      if constexpr (std::is_integral_v<T>) {
        by_zero = by_zero || b == 0;
        if (b == 0) return 0;
      }
      return kFormula(a, b, fmod);
    });
    if (!by_zero) return {};
    return Error{ErrorCode::kInvalidInput, "integer division by zero", {}, "input 1 must hold no 0"};
  });
}

template <auto kFormula>
constexpr Operator division(std::string_view name, int first_opset) {
  return {"", name, first_opset, kLastOpset, "", infer_division, compute_division<kFormula>, Sharing::kShared};
}

// Integers divide towards zero. The lowest value divided by -1 does not fit: it wraps to itself, where the processor
// would trap.
constexpr auto kQuotient = []<typename T>(T a, T b, bool) -> T {
  if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    if (b == static_cast<T>(-1)) return wrapping_sub(T{0}, a);
  }
  return static_cast<T>(a / b);
};

// With fmod the remainder has the sign of the dividend as in C, else that of the divisor as in Python.
constexpr auto kRemainder = []<typename T>(T a, T b, bool fmod) -> T {
  if constexpr (std::is_floating_point_v<T>) {
    const T remainder = std::fmod(a, b);
    if (fmod) return remainder;
    if (remainder == 0) return std::copysign(remainder, b);
    return (remainder < 0) != (b < 0) ? remainder + b : remainder;
  } else {
    if (std::is_signed_v<T> && b == static_cast<T>(-1)) return 0;  // the lowest value % -1 traps on x86
    const auto remainder = static_cast<T>(a % b);
    const bool adjust = !fmod && remainder != 0 && (remainder < 0) != (b < 0);
    return adjust ? static_cast<T>(remainder + b) : remainder;
  }
};

Status infer_shift(InferContext& context) {
  KITE_TRY_ASSIGN(const std::string direction, context.get_string("direction", ""));
  if (direction == "LEFT" || direction == "RIGHT") return infer_binary(context, IntegerTypes{});
  return context.invalid("attribute 'direction' is \"" + direction + "\", expected LEFT or RIGHT");
}

// A shift by all the bits of the type, by more, or by a negative number leaves only copies of the sign.
Status compute_shift(const ComputeContext& context) {
  const bool left = context.attributes.get_string("direction", "") == "LEFT";
  return map_binary(context, IntegerTypes{}, [left]<typename T>(T a, T b) -> T {
    using Bits = std::make_unsigned_t<T>;
    const bool leaves_some = static_cast<Bits>(b) < static_cast<Bits>(std::numeric_limits<Bits>::digits);
    if (left) return leaves_some ? static_cast<T>(static_cast<std::uint64_t>(static_cast<Bits>(a)) << b) : T{0};
    if (leaves_some) return static_cast<T>(a >> b);
    return std::cmp_less(a, 0) ? static_cast<T>(-1) : T{0};
  });
}

constexpr Operator kRows[] = {
    arithmetic<[]<typename T>(T a, T b) { return wrapping_add(a, b); }>("Add", 7),
    arithmetic<[]<typename T>(T a, T b) { return wrapping_mul(a, b); }>("Mul", 7),
    arithmetic<[]<typename T>(T a, T b) { return wrapping_sub(a, b); }>("Sub", 7),
    bits<[]<typename T>(T a, T b) { return static_cast<T>(a & b); }>("BitwiseAnd", 18),
    bits<[]<typename T>(T a, T b) { return static_cast<T>(a | b); }>("BitwiseOr", 18),
    bits<[]<typename T>(T a, T b) { return static_cast<T>(a ^ b); }>("BitwiseXor", 18),

    {"", "BitShift", 11, kLastOpset, "", infer_shift, compute_shift, Sharing::kShared},

    division<kQuotient>("Div", 7),
    division<kRemainder>("Mod", 10),
};

}  // namespace

std::span<const Operator> binary_operators() noexcept { return kRows; }

}  // namespace kite
