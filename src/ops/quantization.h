// SPDX-License-Identifier: Apache-2.0
// The numbers of quantised tensors: x = (q - zero_point) * scale, q in 2 to 16 bits. Scales are float32; the float64
// oracle brings wider ones.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite {

using QuantizedTypes = TypeList<std::uint8_t, std::int8_t>;

// One scale for all, or one for each channel.
template <typename T>
class Scales {
 public:
  explicit Scales(const TensorView& view) : data_(view.as<T>()), step_(view.type.shape.elements() == 1 ? 0 : 1) {}
  [[nodiscard]] T operator[](std::int64_t i) const noexcept { return data_[i * step_]; }

 private:
  const T* data_;
  std::int64_t step_;
};

// One zero point for all, or one for each channel; 0 where it is left out.
class ZeroPoints {
 public:
  explicit ZeroPoints(const TensorView& view)
      : view_(view), step_(view.data == nullptr || view.type.shape.elements() == 1 ? 0 : 1) {}
  ZeroPoints(const ComputeContext& context, std::size_t i)
      : ZeroPoints(context.has_input(i) ? context.inputs[i] : TensorView{}) {}
  [[nodiscard]] std::int32_t operator[](std::int64_t i) const noexcept {
    if (view_.data == nullptr) return 0;
    switch (view_.type.dtype) {
      case DType::kUInt8: return view_.as<std::uint8_t>()[i * step_];
      case DType::kUInt4:
      case DType::kUInt2: return view_.as<std::uint8_t>()[i * step_];
      case DType::kInt8:
      case DType::kInt4:
      case DType::kInt2: return view_.as<std::int8_t>()[i * step_];
      case DType::kInt16: return view_.as<std::int16_t>()[i * step_];
      case DType::kUInt16: return view_.as<std::uint16_t>()[i * step_];
      default: return view_.as<std::int32_t>()[i * step_];
    }
  }

 private:
  TensorView view_;
  std::int64_t step_;
};

// One element of an 8-bit tensor.
[[nodiscard]] inline std::int32_t quantized_at(const TensorView& view, std::int64_t i) noexcept {
  return view.type.dtype == DType::kUInt8 ? std::int32_t{view.as<std::uint8_t>()[i]}
                                          : std::int32_t{view.as<std::int8_t>()[i]};
}

// The lowest and the highest q of a type.
struct QuantizedRange {
  std::int32_t least = 0;
  std::int32_t most = 255;
};
[[nodiscard]] constexpr QuantizedRange range_of(DType dtype) noexcept {
  switch (dtype) {
    case DType::kInt8: return {-128, 127};
    case DType::kUInt16: return {0, 65535};
    case DType::kInt16: return {-32768, 32767};
    case DType::kUInt4: return {0, 15};
    case DType::kInt4: return {-8, 7};
    case DType::kUInt2: return {0, 3};
    case DType::kInt2: return {-2, 1};
    default: return {};  // uint8
  }
}

// Rounds to the nearest integer, a tie to the even one, as x / scale becomes q - zero_point, and saturates to the range
// of q. NaN becomes the lowest q.
class Rounding {
 public:
  Rounding(DType dtype, std::int32_t zero)
      : zero_(zero), least_(range_of(dtype).least - zero), most_(range_of(dtype).most - zero) {}
  [[nodiscard]] std::int32_t zero() const noexcept { return zero_; }

  template <typename T>
  [[nodiscard]] std::int32_t centred(T value) const noexcept {
    // Adding 1.5 * 2^(mantissa bits) leaves no place for a fraction. The limits are integers below 2^17, so that what
    // was saturated first rounds to the same.
    constexpr T kNoFraction = std::is_same_v<T, float> ? T(12582912.0) : T(6755399441055744.0);
    const T least = static_cast<T>(least_);
    const T most = static_cast<T>(most_);
    value = value > least ? value : least;
    value = value < most ? value : most;
    return static_cast<std::int32_t>((value + kNoFraction) - kNoFraction);
  }
  template <typename T>
  [[nodiscard]] std::int32_t whole(T value) const noexcept {
    return centred(value) + zero_;
  }
  // The bits of q where it takes one byte.
  template <typename T>
  [[nodiscard]] std::byte operator()(T value) const noexcept {
    return static_cast<std::byte>(static_cast<std::uint8_t>(whole(value)));
  }

 private:
  std::int32_t zero_;
  std::int32_t least_;
  std::int32_t most_;
};

// The scale and zero point of dynamic quantisation: 0 and all of x lie in the range of uint8. Where x is 0 throughout
// any scale does; it is 1. The scale is float32 by definition, and x / scale is computed in float32 even where the
// float64 oracle brings a wider x: another scale would put the ties elsewhere, and so give other integers.
struct DynamicScale {
  template <typename T>
  DynamicScale(const T* x, std::int64_t count) : rounding(DType::kUInt8, 0) {
    float least = 0;
    float most = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      least = std::min(least, static_cast<float>(x[i]));
      most = std::max(most, static_cast<float>(x[i]));
    }
    scale = least == most ? 1.0F : (most - least) / 255.0F;
    rounding = Rounding(DType::kUInt8, rounding.centred(0.0F - least / scale));
  }
  template <typename T>
  [[nodiscard]] float divide(T x) const noexcept {
    return static_cast<float>(x) / scale;
  }
  float scale = 1;
  Rounding rounding;
};

// The one scale in input `i`.
[[nodiscard]] inline double scale_of(const ComputeContext& context, std::size_t i) noexcept {
  const TensorView& view = context.inputs[i];
  return view.type.dtype == DType::kFloat32 ? static_cast<double>(*view.as<float>()) : *view.as<double>();
}

// How the quantised result of an operator is written: y = rounding(value / scale).
template <typename T>
struct QuantizedResult {
  QuantizedResult(const ComputeContext& context, std::size_t scale_input, std::size_t zero_input)
      : scale(Scales<T>(context.inputs[scale_input])[0]),
        rounding(context.outputs[0].type.dtype, ZeroPoints(context, zero_input)[0]),
        data(context.outputs[0].data) {}
  void store(std::int64_t i, T value) const noexcept { data[i] = rounding(value); }

  T scale;
  Rounding rounding;
  std::byte* data;
};

// For infer(): input `i` holds one float scale, or with `channels` > 0 that many.
[[nodiscard]] Status require_scale(const InferContext& context, int i, std::int64_t channels = 0);

// For infer(): input `i`, where it is given, holds zero points of type `dtype`, as many as require_scale() allows.
[[nodiscard]] Status require_zero_point(const InferContext& context, int i, DType dtype, std::int64_t channels = 0);

// The type of a quantised result: that of its zero point, uint8 where that is left out.
[[nodiscard]] Result<DType> result_type(const InferContext& context, int zero_input);

}  // namespace kite
