// SPDX-License-Identifier: Apache-2.0
// Cast and CastLike: the elements in another type. Floats are cut towards zero; what does not fit saturates and NaN
// becomes 0, where ONNX leaves the result open. Integers wrap to narrower ones; anything but 0 is true.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"
#include "tensor/half.h"

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

template <typename T>
constexpr bool kIsHalf = std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;

template <typename To, typename From>
To convert(From value) {
  if constexpr (kIsHalf<From>) {
    return convert<To>(to_float(value));
  } else if constexpr (kIsHalf<To>) {
    return to_half<To>(convert<float>(value));
  } else if constexpr (std::is_same_v<From, Truth>) {
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

// Halves exist between a model and its caller only: inside a graph they are float32.
using CastTypes =
    TypeList<float, double, std::int32_t, std::int64_t, std::uint8_t, std::int8_t, bool, Float16, BFloat16>;

// TensorProto.DataType numbers of the types that paperkite holds.
std::optional<DType> dtype_of(std::int64_t onnx_type) {
  switch (onnx_type) {
    case 1: return DType::kFloat32;
    case 2: return DType::kUInt8;
    case 3: return DType::kInt8;
    case 6: return DType::kInt32;
    case 7: return DType::kInt64;
    case 9: return DType::kBool;
    case 10: return DType::kFloat16;
    case 11: return DType::kFloat64;
    case 16: return DType::kBFloat16;
    default: return std::nullopt;
  }
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  if (!context.attributes().has("to")) return context.invalid("attribute 'to' is missing");
  KITE_TRY_ASSIGN(const std::int64_t to, context.get_int("to", 0));
  const std::optional<DType> dtype = dtype_of(to);
  if (!dtype) {
    return context.unsupported("attribute 'to' is " + std::to_string(to) + ", supported are " +
                               type_names(CastTypes{}));
  }
  return context.set_output(0, TensorType{*dtype, context.shape(0)});
}

Status infer_like(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  return context.set_output(0, TensorType{context.input(1).dtype, context.shape(0)});
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const MutableTensorView& y = context.outputs[0];
  const ElementRange range = context.share.of(x.type.shape.elements());
  if (x.type.dtype == y.type.dtype) return copy_elements(context);
  return dispatch(CastTypes{}, x.type.dtype, [&]<typename From>() -> Status {
    return dispatch(CastTypes{}, y.type.dtype, [&]<typename To>() -> Status {
      const auto* from = x.as<Moved<From>>();
      auto* to = y.as<Moved<To>>();
      for (std::int64_t i = range.first; i < range.last; ++i) to[i] = convert<Moved<To>>(from[i]);
      return {};
    });
  });
}

}  // namespace

constexpr std::string_view kLimits = "no float8, int4, 16-bit or unsigned integers, or strings";

extern const Operator kCastOperator = {"", "Cast", 7, 23, kLimits, infer, compute, Sharing::kShared};
extern const Operator kCastLikeOperator = {"", "CastLike", 15, 23, kLimits, infer_like, compute, Sharing::kShared};

}  // namespace kite
