// SPDX-License-Identifier: Apache-2.0
// One loop for each pair of floating-point types.
#include "tensor/convert.h"

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "paperkite/try.h"
#include "tensor/half.h"

namespace kite {

namespace {

template <typename T>
constexpr bool kIsHalf = is_half(kDTypeOf<T>);

template <typename To, typename From>
To convert(From value) {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else if constexpr (kIsHalf<From>) {
    return convert<To>(to_float(value));
  } else if constexpr (kIsHalf<To>) {
    return to_half<To>(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

template <typename From, typename To>
void convert_all(const TensorView& view, To* out) {
  const std::int64_t count = view.type.shape.elements();
  for (std::int64_t i = 0; i < count; ++i) {
    From element;  // through memcpy: a view into a file may lie at any byte
    std::memcpy(&element, view.data + i * static_cast<std::int64_t>(sizeof element), sizeof element);
    out[i] = convert<To>(element);
  }
}

template <typename To>
void convert_from(const TensorView& view, To* out) {
  switch (view.type.dtype) {
    case DType::kFloat32: return convert_all<float>(view, out);
    case DType::kFloat64: return convert_all<double>(view, out);
    case DType::kFloat16: return convert_all<Float16>(view, out);
    default: return convert_all<BFloat16>(view, out);
  }
}

}  // namespace

Tensor converted(const TensorView& view, DType to) {
  KITE_CHECK(is_floating_point(view.type.dtype) && is_floating_point(to));
  Tensor tensor(to, view.type.shape);
  switch (to) {
    case DType::kFloat32: convert_from(view, tensor.as<float>()); break;
    case DType::kFloat64: convert_from(view, tensor.as<double>()); break;
    case DType::kFloat16: convert_from(view, tensor.as<Float16>()); break;
    default: convert_from(view, tensor.as<BFloat16>()); break;
  }
  return tensor;
}

}  // namespace kite
