// SPDX-License-Identifier: Apache-2.0
// QuantizeLinear, q = saturate(round(x / scale) + zero), and DequantizeLinear, x = (q - zero) * scale, with one scale,
// one for each index of an axis, or one for each block along it; DynamicQuantizeLinear, which finds its scale in x.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "onnx/tensor_data.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/quantization.h"
#include "paperkite/try.h"

namespace kite {
namespace {

using QuantizedTypesOfAnyWidth =
    TypeList<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, UInt4, Int4, UInt2, Int2>;
using DequantizedTypes =
    TypeList<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::int32_t, UInt4, Int4, UInt2, Int2>;
// As they lie in memory.
using StoredTypes = TypeList<std::uint8_t, std::int8_t, std::uint16_t, std::int16_t, std::int32_t>;

DType stored_as(DType dtype) {
  if (dtype == DType::kInt4 || dtype == DType::kInt2) return DType::kInt8;
  return dtype == DType::kUInt4 || dtype == DType::kUInt2 ? DType::kUInt8 : dtype;
}

// Blocks apart, a tensor is outer x axis x inner.
struct Granularity {
  std::int64_t outer = 1;
  std::int64_t axis = 1;
  std::int64_t inner = 1;
  std::int64_t block = 0;  // elements of the axis that share a scale; 0: the scales are not blocked
  bool is_per_axis = false;

  // The first scale of row (o, a) and the step to that of the row's next element.
  [[nodiscard]] std::int64_t scale_at(std::int64_t o, std::int64_t a) const noexcept {
    if (block > 0) return (o * ((axis + block - 1) / block) + a / block) * inner;
    return is_per_axis ? a : 0;
  }
  [[nodiscard]] std::int64_t scale_step() const noexcept { return block > 0 ? 1 : 0; }
};

// `axis` lies in range where it matters.
Granularity granularity_of(const Attributes& attributes, const Shape& x, const Shape& scale) {
  Granularity shape;
  const std::int64_t block = attributes.get_int("block_size", 0);
  const bool is_per_tensor = block == 0 && scale.elements() == 1 && scale.rank() <= 1;
  if (is_per_tensor) {
    shape.inner = x.elements();
    return shape;
  }
  std::int64_t axis = attributes.get_int("axis", 1);
  if (axis < 0) axis += x.rank();
  shape.outer = x.elements(0, static_cast<int>(axis));
  shape.axis = x[static_cast<int>(axis)];
  shape.inner = x.elements(static_cast<int>(axis) + 1, x.rank());
  shape.block = block;
  shape.is_per_axis = block == 0;
  return shape;
}

Status check_blocks(const InferContext& context, int axis, std::int64_t block) {
  const Shape& x = context.shape(0);
  const Shape& scale = context.shape(1);
  bool fits = block > 0 && scale.rank() == x.rank();
  for (int i = 0; fits && i < x.rank(); ++i) {
    const std::int64_t expected = i == axis ? x[i] / block + (x[i] % block == 0 ? 0 : 1) : x[i];
    fits = scale[i] == expected;
  }
  if (fits) return {};
  return context.invalid("scales of shape " + scale.to_string() + " do not divide " + x.to_string() +
                         " into blocks of " + std::to_string(block) + " along axis " + std::to_string(axis) +
                         " (attribute 'block_size')");
}

Status check_scales(const InferContext& context) {
  KITE_TRY(context.require_float(1));
  KITE_TRY_ASSIGN(const std::int64_t block, context.get_int("block_size", 0));
  KITE_TRY_ASSIGN(const std::int64_t stated_axis, context.get_int("axis", 1));
  const Shape& scale = context.shape(1);
  if (context.has_input(2) && context.shape(2).elements() != scale.elements()) {
    return context.invalid("scales have shape " + scale.to_string() + ", zero points " + context.shape(2).to_string());
  }
  if (block == 0 && scale.elements() == 1 && scale.rank() <= 1) return {};
  KITE_TRY_ASSIGN(const int axis, context.normalize_axis(stated_axis, context.shape(0).rank()));
  if (block != 0) return check_blocks(context, axis, block);
  const std::int64_t size = context.shape(0)[axis];
  if (scale.rank() == 1 && scale[0] == size) return {};
  return context.invalid("scales have shape " + scale.to_string() + ", expected one, or " + std::to_string(size) +
                         " for axis " + std::to_string(axis) + " of " + context.shape(0).to_string());
}

Status check_precision(const InferContext& context) {
  KITE_TRY_ASSIGN(const std::int64_t precision, context.get_int("precision", 0));
  if (precision == 0 || precision == 1) return {};
  return context.unsupported("attribute 'precision' is " + std::to_string(precision) + ", supported is float32");
}

// The type that attribute 'output_dtype' states.
Result<std::optional<DType>> stated_output(const InferContext& context) {
  KITE_TRY_ASSIGN(const std::int64_t stated, context.get_int("output_dtype", 0));
  if (stated == 0) return std::optional<DType>();
  const auto dtype = onnx::to_dtype(static_cast<std::int32_t>(std::clamp<std::int64_t>(stated, -1, 1 << 20)));
  if (dtype.ok()) return std::optional(*dtype);
  return context.unsupported("attribute 'output_dtype' is " + std::to_string(stated) + ": " + dtype.error().what);
}

Status infer_quantize(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 3));
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.require_same_dtype(0, 1));
  KITE_TRY(check_scales(context));
  KITE_TRY(check_precision(context));
  KITE_TRY_ASSIGN(const std::optional<DType> stated, stated_output(context));
  if (stated && !contains(QuantizedTypesOfAnyWidth{}, *stated)) {
    return context.invalid("attribute 'output_dtype' is " + std::string(dtype_name(*stated)) + ", expected " +
                           type_names(dtypes_of(QuantizedTypesOfAnyWidth{})));
  }
  DType dtype = stated.value_or(DType::kUInt8);
  if (context.has_input(2)) {
    KITE_TRY(require_dtype(context, 2, QuantizedTypesOfAnyWidth{}));
    if (stated && context.input(2).dtype != dtype) {
      return context.invalid("the zero point is of another type than attribute 'output_dtype' says");
    }
    dtype = context.input(2).dtype;
  }
  return context.set_output(0, TensorType{dtype, context.shape(0)});
}

Status infer_dequantize(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 3));
  KITE_TRY(require_dtype(context, 0, DequantizedTypes{}));
  KITE_TRY(check_scales(context));
  KITE_TRY_ASSIGN(const std::optional<DType> stated, stated_output(context));
  // The float64 oracle brings wider scales than the attribute says.
  if (stated && *stated != DType::kFloat32 && *stated != context.input(1).dtype) {
    return context.unsupported("attribute 'output_dtype' is " + std::string(dtype_name(*stated)) + ", the scales are " +
                               std::string(dtype_name(context.input(1).dtype)));
  }
  if (context.has_input(2)) KITE_TRY(context.require_same_dtype(0, 2));
  return context.set_output(0, TensorType{context.input(1).dtype, context.shape(0)});
}

// Calls row(first element, count, scale index, scale step) for each piece of a row in this share of the elements.
template <typename Row>
void for_each_row(const Granularity& shape, Share share, Row row) {
  const auto [first, last] = share.of(shape.outer * shape.axis * shape.inner);
  for (std::int64_t at = first; at < last;) {
    const std::int64_t line = at / shape.inner;
    const std::int64_t end = std::min((line + 1) * shape.inner, last);
    const std::int64_t scale = shape.scale_at(line / shape.axis, line % shape.axis);
    row(at, end - at, scale + shape.scale_step() * (at - line * shape.inner), shape.scale_step());
    at = end;
  }
}

Status compute_quantize(const ComputeContext& context) {
  const TensorView& input = context.inputs[0];
  const Granularity shape = granularity_of(context.attributes, input.type.shape, context.inputs[1].type.shape);
  const ZeroPoints zeros(context, 2);
  const MutableTensorView& out = context.outputs[0];
  const bool is_wide = dtype_size(out.type.dtype) == 2;
  // The bits of int16 and of uint16.
  const auto put_wide = [&](std::int64_t i, std::int32_t q) {
    out.as<std::uint16_t>()[i] = static_cast<std::uint16_t>(q);
  };
  return dispatch(FloatTypes{}, input.type.dtype, [&]<typename T>() -> Status {
    const T* x = input.as<T>();
    const T* scales = context.inputs[1].as<T>();
    for_each_row(shape, context.share,
                 [&](std::int64_t at, std::int64_t count, std::int64_t scale_at, std::int64_t step) {
                   if (step == 0) {
                     const Rounding rounding(out.type.dtype, zeros[scale_at]);
                     const T scale = scales[scale_at];
                     if (is_wide) {
                       for (std::int64_t i = at; i < at + count; ++i) put_wide(i, rounding.whole(x[i] / scale));
                     } else {
                       for (std::int64_t i = at; i < at + count; ++i) out.data[i] = rounding(x[i] / scale);
                     }
                     return;
                   }
                   for (std::int64_t i = 0; i < count; ++i) {
                     const Rounding rounding(out.type.dtype, zeros[scale_at + i]);
                     const T value = x[at + i] / scales[scale_at + i];
                     if (is_wide) {
                       put_wide(at + i, rounding.whole(value));
                     } else {
                       out.data[at + i] = rounding(value);
                     }
                   }
                 });
    return {};
  });
}

Status compute_dequantize(const ComputeContext& context) {
  const TensorView& input = context.inputs[0];
  const Granularity shape = granularity_of(context.attributes, input.type.shape, context.inputs[1].type.shape);
  const ZeroPoints zeros(context, 2);
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const T* scales = context.inputs[1].as<T>();
    T* y = context.outputs[0].as<T>();
    return dispatch(StoredTypes{}, stored_as(input.type.dtype), [&]<typename Q>() -> Status {
      const Q* q = input.as<Q>();
      for_each_row(
          shape, context.share, [&](std::int64_t at, std::int64_t count, std::int64_t scale_at, std::int64_t step) {
            for (std::int64_t i = 0; i < count; ++i) {
              const std::int64_t zero = zeros[scale_at + i * step];
              y[at + i] = static_cast<T>(static_cast<std::int64_t>(q[at + i]) - zero) * scales[scale_at + i * step];
            }
          });
      return {};
    });
  });
}

Status infer_dynamic(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.set_output(0, TensorType{DType::kUInt8, context.shape(0)}));
  KITE_TRY(context.set_output(1, TensorType{context.input(0).dtype, Shape{}}));
  return context.set_output(2, TensorType{DType::kUInt8, Shape{}});
}

Status compute_dynamic(const ComputeContext& context) {
  const TensorView& input = context.inputs[0];
  return dispatch(FloatTypes{}, input.type.dtype, [&]<typename T>() -> Status {
    const T* x = input.as<T>();
    const std::int64_t count = input.type.shape.elements();
    const DynamicScale found(x, count);
    for (std::int64_t i = 0; i < count; ++i) context.outputs[0].data[i] = found.rounding(found.divide(x[i]));
    if (context.has_output(1)) *context.outputs[1].as<T>() = static_cast<T>(found.scale);
    if (context.has_output(2)) *context.outputs[2].data = static_cast<std::byte>(found.rounding.zero());
    return {};
  });
}

}  // namespace

constexpr std::string_view kQuantizeLimits = "integers of 2 to 16 bits; float32 scales";
constexpr std::string_view kDequantizeLimits = "integers of 2 to 16 bits and int32; float32 scales";

extern const Operator kQuantizeLinearOperator{
    "", "QuantizeLinear", 10, kLastOpset, kQuantizeLimits, infer_quantize, compute_quantize, Sharing::kShared};
extern const Operator kDequantizeLinearOperator{
    "", "DequantizeLinear", 10, kLastOpset, kDequantizeLimits, infer_dequantize, compute_dequantize, Sharing::kShared};
extern const Operator kDynamicQuantizeLinearOperator{
    "", "DynamicQuantizeLinear", 11, kLastOpset, "", infer_dynamic, compute_dynamic};
extern const Operator kMicrosoftQuantizeLinearOperator{
    "com.microsoft", "QuantizeLinear", 1, 1, kQuantizeLimits, infer_quantize, compute_quantize, Sharing::kShared};
extern const Operator kMicrosoftDequantizeLinearOperator{
    "com.microsoft",    "DequantizeLinear", 1, 1, kDequantizeLimits, infer_dequantize,
    compute_dequantize, Sharing::kShared};

}  // namespace kite
