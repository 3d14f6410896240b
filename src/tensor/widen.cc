// SPDX-License-Identifier: Apache-2.0
// One loop for each element type.
#include "tensor/widen.h"

#include <cstdint>
#include <cstring>

#include "tensor/convert.h"
#include "tensor/half.h"

namespace kite {

namespace {

template <typename T>
void widen_all(const std::byte* from, std::span<double> to) noexcept {
  for (std::size_t i = 0; i < to.size(); ++i) {
    T element;
    std::memcpy(&element, from + i * sizeof element, sizeof element);
    if constexpr (is_half(kDTypeOf<T>)) {
      to[i] = static_cast<double>(to_float(element));
    } else {
      to[i] = static_cast<double>(element);
    }
  }
}

}  // namespace

void widen(DType dtype, const std::byte* from, std::span<double> to) noexcept {
  switch (dtype) {
    case DType::kFloat32: return widen_all<float>(from, to);
    case DType::kFloat64: return widen_all<double>(from, to);
    case DType::kFloat16: return widen_all<Float16>(from, to);
    case DType::kBFloat16: return widen_all<BFloat16>(from, to);
    case DType::kInt64: return widen_all<std::int64_t>(from, to);
    case DType::kInt32: return widen_all<std::int32_t>(from, to);
    case DType::kInt16: return widen_all<std::int16_t>(from, to);
    case DType::kInt8:
    case DType::kInt4:
    case DType::kInt2: return widen_all<std::int8_t>(from, to);
    case DType::kUInt64: return widen_all<std::uint64_t>(from, to);
    case DType::kUInt32: return widen_all<std::uint32_t>(from, to);
    case DType::kUInt16: return widen_all<std::uint16_t>(from, to);
    case DType::kUInt8:
    case DType::kUInt4:
    case DType::kUInt2:
    case DType::kBool: return widen_all<std::uint8_t>(from, to);
  }
}

}  // namespace kite
