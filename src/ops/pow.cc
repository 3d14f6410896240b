// SPDX-License-Identifier: Apache-2.0
// y = a ^ b with broadcasting, in the element type of a. From opset 12 the exponent may have another type.
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "ops/elementwise.h"
#include "ops/op.h"
#include "ops/wrapping.h"
#include "paperkite/try.h"
#include "tensor/widen.h"

namespace kite {
namespace {

// Exponents may have any type of numbers. These have loops of their own.
using BaseTypes = TypeList<float, double, std::int32_t, std::int64_t>;

// Exact and wrapping.
template <typename T>
T natural_power(T base, std::uint64_t exponent) {
  T power = 1;
  for (; exponent > 0; exponent /= 2) {
    if (exponent % 2 == 1) power = wrapping_mul(power, base);
    base = wrapping_mul(base, base);
  }
  return power;
}

// A negative exponent gives the fraction cut off towards zero, and 0 for 0.
template <typename T>
T integer_power(T base, std::int64_t exponent) {
  if (exponent >= 0) return natural_power(base, static_cast<std::uint64_t>(exponent));
  if (base == 1) return 1;
  if (base == -1) return exponent % 2 == 0 ? T{1} : T{-1};
  return 0;
}

// Cuts towards zero; what does not fit saturates and NaN is 0, where a plain cast would be undefined.
template <typename T>
T saturating_cast(double value) {
  if (std::isnan(value)) return 0;
  // Both limits are powers of two (the upper one plus 1), so the comparison is exact.
  if (value < static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::min();
  if (value >= -static_cast<double>(std::numeric_limits<T>::min())) return std::numeric_limits<T>::max();
  return static_cast<T>(value);
}

template <typename A, typename B>
A power(A base, B exponent) {
  if constexpr (std::is_floating_point_v<A>) {
    return static_cast<A>(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  } else if constexpr (std::is_floating_point_v<B>) {
    return saturating_cast<A>(std::pow(static_cast<double>(base), static_cast<double>(exponent)));
  } else {
    return integer_power(base, static_cast<std::int64_t>(exponent));
  }
}

// Exponents that lie in memory as another integer type.
template <typename A>
A power_at(A base, const TensorView& exponents, std::int64_t i) {
  const DType dtype = exponents.type.dtype;
  if constexpr (std::is_integral_v<A>) {
    if (dtype == DType::kUInt64) return natural_power(base, exponents.as<std::uint64_t>()[i]);
  }
  double exponent = 0;
  widen(dtype, exponents.data + i * static_cast<std::int64_t>(dtype_size(dtype)), {&exponent, 1});
  if constexpr (std::is_integral_v<A>) return integer_power(base, static_cast<std::int64_t>(exponent));
  return power(base, exponent);
}

template <typename A>
void power_of_any(const ComputeContext& context) {
  const A* base = context.inputs[0].as<A>();
  A* y = context.outputs[0].as<A>();
  const Shape& shape = context.outputs[0].type.shape;
  const Broadcast<2> walk(shape, {context.inputs[0].type.shape, context.inputs[1].type.shape});
  walk.for_each_row(context.share.of(shape.elements()), [&](const BroadcastRow<2>& row) {
    for (std::int64_t i = 0; i < row.count; ++i) {
      y[row.out + i] = power_at(base[row.in[0] + i * row.step[0]], context.inputs[1], row.in[1] + i * row.step[1]);
    }
  });
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  if (context.opset() < 12) KITE_TRY(context.require_same_dtype(0, 1));
  KITE_TRY(require_dtype(context, 0, BaseTypes{}));
  KITE_TRY(require_dtype(context, 1, NumericTypes{}));
  KITE_TRY_ASSIGN(const Shape shape, broadcast_inputs(context, {0, 1}));
  return context.set_output(0, TensorType{context.input(0).dtype, shape});
}

Status compute(const ComputeContext& context) {
  return dispatch(BaseTypes{}, context.inputs[0].type.dtype, [&]<typename A>() -> Status {
    if (!contains(BaseTypes{}, context.inputs[1].type.dtype)) return power_of_any<A>(context), Status();
    return dispatch(BaseTypes{}, context.inputs[1].type.dtype, [&]<typename B>() -> Status {
      map_pairs<A, B, A>(context, [](A base, B exponent) { return power(base, exponent); });
      return {};
    });
  });
}

}  // namespace

extern const Operator kPowOperator{"", "Pow", 7, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
