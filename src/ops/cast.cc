// SPDX-License-Identifier: Apache-2.0
// Cast: the elements in another type. Floats are cut towards zero; what does not fit saturates and NaN becomes 0,
// where ONNX leaves the result open. Integers wrap to narrower ones; anything but 0 is true.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// Bools are moved as bytes: a foreign file may hold other bytes than 0 and 1 in them.
struct Truth {
  std::uint8_t byte;
};

template <typename T>
T truncate(double value) {
  constexpr auto kLowest = static_cast<double>(std::numeric_limits<T>::min());
  // A power of two, so it is exact; the largest int64 itself is not a double.
  constexpr double kPastHighest = 2.0 * (static_cast<double>(std::numeric_limits<T>::max() / 2) + 1.0);
  if (std::isnan(value)) return 0;
  if (value <= kLowest) return std::numeric_limits<T>::min();
  if (value >= kPastHighest) return std::numeric_limits<T>::max();
  return static_cast<T>(value);
}

template <typename To, typename From>
To convert(From value) {
  if constexpr (std::is_same_v<From, Truth>) {
    return convert<To>(static_cast<std::uint8_t>(value.byte != 0 ? 1 : 0));
  } else if constexpr (std::is_same_v<To, Truth>) {
    return Truth{static_cast<std::uint8_t>(value != From{0} ? 1 : 0)};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return truncate<To>(static_cast<double>(value));
  } else {
    return static_cast<To>(value);
  }
}

template <typename T>
using Moved = std::conditional_t<std::is_same_v<T, bool>, Truth, T>;

// TensorProto.DataType numbers of the types that paperkite holds.
std::optional<DType> dtype_of(std::int64_t onnx_type) {
  switch (onnx_type) {
    case 1: return DType::kFloat32;
    case 2: return DType::kUInt8;
    case 3: return DType::kInt8;
    case 6: return DType::kInt32;
    case 7: return DType::kInt64;
    case 9: return DType::kBool;
    case 11: return DType::kFloat64;
    default: return std::nullopt;
  }
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  if (!context.attributes().has("to")) return context.invalid("attribute 'to' is missing");
  KITE_TRY_ASSIGN(const std::int64_t to, context.get_int("to", 0));
  const std::optional<DType> dtype = dtype_of(to);
  if (!dtype) {
    return context.unsupported("attribute 'to' is " + std::to_string(to) + ", supported are " + type_names(AllTypes{}));
  }
  return context.set_output(0, TensorType{*dtype, context.shape(0)});
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const MutableTensorView& y = context.outputs[0];
  const std::int64_t count = x.type.shape.elements();
  if (x.type.dtype == y.type.dtype) {
    std::memcpy(y.data, x.data, static_cast<std::size_t>(x.type.size_bytes()));
    return {};
  }
  return dispatch(AllTypes{}, x.type.dtype, [&]<typename From>() -> Status {
    return dispatch(AllTypes{}, y.type.dtype, [&]<typename To>() -> Status {
      const auto* from = x.as<Moved<From>>();
      auto* to = y.as<Moved<To>>();
      for (std::int64_t i = 0; i < count; ++i) to[i] = convert<Moved<To>>(from[i]);
      return {};
    });
  });
}

}  // namespace

extern const Operator kCastOperator = {
    "", "Cast", 7, 23, "no float16, bfloat16, float8, int4, 16-bit or unsigned integers, or strings", infer, compute};

}  // namespace kite
