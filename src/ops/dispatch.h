// SPDX-License-Identifier: Apache-2.0
// From a tensor's element type, known when a node is computed, to the template instantiation that computes it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "ops/op.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

template <typename... Ts>
struct TypeList {};

using FloatTypes = TypeList<float, double>;
using IndexTypes = TypeList<std::int32_t, std::int64_t>;
using SignedIntegers = TypeList<std::int32_t, std::int64_t, std::int8_t, std::int16_t>;
using IntegerTypes = TypeList<std::int32_t, std::int64_t, std::uint8_t, std::int8_t, std::int16_t, std::uint16_t,
                              std::uint32_t, std::uint64_t>;
using SignedTypes = TypeList<float, double, std::int32_t, std::int64_t, std::int8_t, std::int16_t>;
using NumericTypes = TypeList<float, double, std::int32_t, std::int64_t, std::uint8_t, std::int8_t, std::int16_t,
                              std::uint16_t, std::uint32_t, std::uint64_t>;
using AllTypes = TypeList<float, double, std::int32_t, std::int64_t, std::uint8_t, std::int8_t, std::int16_t,
                          std::uint16_t, std::uint32_t, std::uint64_t, bool>;
// Of sums of products.
using ProductTypes = TypeList<float, double, std::int32_t, std::int64_t, std::uint32_t, std::uint64_t>;

template <typename... Ts>
[[nodiscard]] constexpr bool contains(TypeList<Ts...>, DType dtype) noexcept {
  return ((kDTypeOf<Ts> == dtype) || ...);
}

// The members of a list, for the functions that are compiled once for all lists.
template <typename... Ts>
inline constexpr std::array<DType, sizeof...(Ts)> kDTypesOf = {kDTypeOf<Ts>...};
template <typename... Ts>
[[nodiscard]] constexpr std::span<const DType> dtypes_of(TypeList<Ts...>) noexcept {
  return kDTypesOf<Ts...>;
}

// "float32, float64"
[[nodiscard]] std::string type_names(std::span<const DType> dtypes);

// infer(): refuses input `i` when its element type is not in the list.
[[nodiscard]] Status require_dtype(const InferContext& context, int i, std::span<const DType> dtypes);
template <typename... Ts>
[[nodiscard]] Status require_dtype(const InferContext& context, int i, TypeList<Ts...> types) {
  return require_dtype(context, i, dtypes_of(types));
}

// An unsigned integer as the signed one of its width. Sums, differences and products that wrap, bits, and whether two
// numbers are equal do not depend on the sign, so one loop serves both types.
[[nodiscard]] constexpr DType without_sign(DType dtype) noexcept {
  switch (dtype) {
    case DType::kUInt8: return DType::kInt8;
    case DType::kUInt16: return DType::kInt16;
    case DType::kUInt32: return DType::kInt32;
    case DType::kUInt64: return DType::kInt64;
    default: return dtype;
  }
}

// What dispatch() returns for another type.
[[nodiscard]] Error unexpected_dtype(DType dtype, std::span<const DType> dtypes);

// compute(): calls `fn.operator()<T>()`, which returns Status, with the T of `dtype`. Write it as
//   return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status { ... });
// infer() has refused every other type, so falling through is only a second line of defence.
template <typename... Ts, typename Fn>
[[nodiscard]] Status dispatch(TypeList<Ts...> types, DType dtype, Fn&& fn) {
  Status status;
  const bool known = ((kDTypeOf<Ts> == dtype && (status = fn.template operator()<Ts>(), true)) || ...);
  return known ? std::move(status) : Status(unexpected_dtype(dtype, dtypes_of(types)));
}

}  // namespace kite
