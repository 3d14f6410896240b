// SPDX-License-Identifier: Apache-2.0
// Cast and CastLike: the elements in another type. Floats are cut towards zero; what does not fit saturates and NaN
// becomes 0, where ONNX leaves the result open. Integers wrap to narrower ones; anything but 0 is true. Integers of 4
// and 2 bits take the lowest bits of the whole number, also of floats, as the reference evaluator of the onnx package
// does; ONNX Runtime rounds floats first.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "onnx/tensor_data.h"
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

// Integers of 4 and 2 bits: how many bits, and the type of the byte that holds one.
template <typename T>
constexpr int kBits = 0;
template <>
constexpr int kBits<Int4> = 4;
template <>
constexpr int kBits<UInt4> = 4;
template <>
constexpr int kBits<Int2> = 2;
template <>
constexpr int kBits<UInt2> = 2;

// The lowest bits, as narrower integers take them.
template <typename T>
T low_bits(std::int64_t value) {
  using Byte = decltype(T::value);
  constexpr int kAbove = 8 - kBits<T>;
  const auto raised = static_cast<Byte>(static_cast<std::uint8_t>(value) << kAbove);
  return T{static_cast<Byte>(raised >> kAbove)};  // sign-extends what is signed
}

template <typename To, typename From>
To convert(From value) {
  if constexpr (kBits<From> != 0) {
    return convert<To>(value.value);
  } else if constexpr (kBits<To> != 0) {
    return low_bits<To>(convert<std::int64_t>(value));
  } else if constexpr (kIsHalf<From>) {
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
    TypeList<float, double, std::int32_t, std::int64_t, std::uint8_t, std::int8_t, bool, Float16, BFloat16,
             std::int16_t, std::uint16_t, std::uint32_t, std::uint64_t, Int4, UInt4, Int2, UInt2>;
using CastFloats = TypeList<float, double, Float16, BFloat16>;

template <typename From, typename To>
void convert_all(const std::byte* from, std::byte* to, std::int64_t count) {
  const auto* x = reinterpret_cast<const Moved<From>*>(from);
  auto* y = reinterpret_cast<Moved<To>*>(to);
  for (std::int64_t i = 0; i < count; ++i) y[i] = convert<Moved<To>>(x[i]);
}

// Of the many pairs of types only those with float32 have a loop of their own; the others meet in a wide type that
// holds every element of `from`: `Wide` is float64, int64 or uint64.
template <typename Wide, typename FromTypes, typename ToTypes>
Status convert_by_way_of(const TensorView& x, const MutableTensorView& y, ElementRange range) {
  std::array<Wide, 256> wide;
  const auto from_size = static_cast<std::int64_t>(dtype_size(x.type.dtype));
  const auto to_size = static_cast<std::int64_t>(dtype_size(y.type.dtype));
  for (std::int64_t at = range.first; at < range.last; at += std::ssize(wide)) {
    const std::int64_t count = std::min<std::int64_t>(std::ssize(wide), range.last - at);
    auto* const middle = reinterpret_cast<std::byte*>(wide.data());
    KITE_TRY(dispatch(FromTypes{}, x.type.dtype, [&]<typename From>() -> Status {
      convert_all<From, Wide>(x.data + at * from_size, middle, count);
      return {};
    }));
    KITE_TRY(dispatch(ToTypes{}, y.type.dtype, [&]<typename To>() -> Status {
      convert_all<Wide, To>(middle, y.data + at * to_size, count);
      return {};
    }));
  }
  return {};
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  if (!context.attributes().has("to")) return context.invalid("attribute 'to' is missing");
  KITE_TRY_ASSIGN(const std::int64_t to, context.get_int("to", 0));
  const auto dtype = onnx::to_dtype(static_cast<std::int32_t>(std::clamp<std::int64_t>(to, -1, 1 << 20)));
  if (!dtype.ok()) return context.unsupported("attribute 'to' is " + std::to_string(to) + ": " + dtype.error().what);
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
  const std::int64_t count = range.last - range.first;
  const std::byte* const from = x.data + range.first * static_cast<std::int64_t>(dtype_size(x.type.dtype));
  std::byte* const to = y.data + range.first * static_cast<std::int64_t>(dtype_size(y.type.dtype));
  if (x.type.dtype == DType::kFloat32) {
    return dispatch(CastTypes{}, y.type.dtype,
                    [&]<typename To>() -> Status { return convert_all<float, To>(from, to, count), Status(); });
  }
  if (y.type.dtype == DType::kFloat32) {
    return dispatch(CastTypes{}, x.type.dtype,
                    [&]<typename From>() -> Status { return convert_all<From, float>(from, to, count), Status(); });
  }
  if (contains(CastFloats{}, x.type.dtype)) return convert_by_way_of<double, CastFloats, CastTypes>(x, y, range);
  if (x.type.dtype == DType::kUInt64 && contains(CastFloats{}, y.type.dtype)) {
    return convert_by_way_of<std::uint64_t, TypeList<std::uint64_t>, CastFloats>(x, y, range);
  }
  return convert_by_way_of<std::int64_t, CastTypes, CastTypes>(x, y, range);
}

}  // namespace

constexpr std::string_view kLimits = "no float8, float4 or strings";

extern const Operator kCastOperator = {"", "Cast", 7, kLastOpset, kLimits, infer, compute, Sharing::kShared};
extern const Operator kCastLikeOperator = {"",      "CastLike", 15,      kLastOpset,
                                           kLimits, infer_like, compute, Sharing::kShared};

}  // namespace kite
