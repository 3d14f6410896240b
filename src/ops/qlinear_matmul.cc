// SPDX-License-Identifier: Apache-2.0
// Products of quantised matrices: sum over k of (a[m,k] - a_zero[m]) * (b[k,n] - b_zero[n]) in 32 bits, as an integer
// (MatMulInteger), in float32 (MatMulIntegerToFloat, and DynamicQuantizeMatMul, which quantises a first), or rounded to
// 8 bits (QLinearMatMul). Shapes as numpy.matmul.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "ops/broadcast.h"
#include "ops/dispatch.h"
#include "ops/integer_product.h"
#include "ops/op.h"
#include "ops/quantization.h"
#include "paperkite/try.h"

namespace kite {
namespace {

struct Product {
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  std::int64_t depth = 0;
  std::int64_t b_depth = 0;
  Shape a_batch;
  Shape b_batch;
};

Result<Product> product_of(const Shape& a, const Shape& b) {
  Product product;
  product.depth = a[a.rank() - 1];
  if (a.rank() > 1) product.rows = a[a.rank() - 2];
  product.b_depth = b[b.rank() > 1 ? b.rank() - 2 : 0];
  if (b.rank() > 1) product.columns = b[b.rank() - 1];
  const auto batch = [](const Shape& shape) {
    return Shape::make(shape.dims().first(static_cast<std::size_t>(std::max(shape.rank() - 2, 0))));
  };
  KITE_TRY_ASSIGN(product.a_batch, batch(a));
  KITE_TRY_ASSIGN(product.b_batch, batch(b));
  return product;
}

// Checks a = input 0 and b = input `b_input` and sets the output's type.
Result<Product> infer_product(InferContext& context, int b_input, DType dtype) {
  const Shape& a = context.shape(0);
  const Shape& b = context.shape(b_input);
  const std::string shapes = a.to_string() + " and " + b.to_string();
  if (a.rank() < 1 || b.rank() < 1) return context.invalid("inputs are " + shapes + ", expected no scalar");
  KITE_TRY_ASSIGN(const Product product, product_of(a, b));
  if (product.depth != product.b_depth) return context.invalid("inputs " + shapes + " do not multiply");
  const auto batch = broadcast_shapes(product.a_batch, product.b_batch);
  if (!batch.ok()) return context.invalid("inputs " + shapes + ": batch " + batch.error().what);
  std::array<std::int64_t, kMaxRank> dims{};
  std::size_t rank = 0;
  for (const std::int64_t dim : batch->dims()) dims[rank++] = dim;
  if (a.rank() > 1) dims[rank++] = product.rows;
  if (b.rank() > 1) dims[rank++] = product.columns;
  context.set_products(product.depth);
  KITE_TRY(context.set_output(0, dtype, std::span<const std::int64_t>(dims).first(rank)));
  return product;
}

Status require_quantized(const InferContext& context, int i) { return require_dtype(context, i, QuantizedTypes{}); }

// Calls store(element of y, row, column, sum) for every output; a(i, m) is element i of a, in row m, without its zero.
template <typename A, typename Store>
Status multiply(const ComputeContext& context, std::size_t b_input, const ZeroPoints& b_zeros, A a, Store store) {
  const TensorView& b = context.inputs[b_input];
  KITE_TRY_ASSIGN(const Product product, product_of(context.inputs[0].type.shape, b.type.shape));
  KITE_TRY_ASSIGN(const Shape batch, broadcast_shapes(product.a_batch, product.b_batch));
  const std::int64_t rows = product.rows, columns = product.columns, depth = product.depth;
  // Broadcasting counts in whole matrices.
  const Broadcast<2> matrices(batch, {product.a_batch, product.b_batch});
  const auto compute = [&](std::int64_t i, const ProductTiles& tiles, std::int64_t a_at, std::int64_t b_at) {
    integer_product(
        tiles, depth, [&](std::int64_t m, std::int64_t k) { return a(a_at + m * depth + k, m); },
        [&](std::int64_t k, std::int64_t n, std::int64_t count, std::int32_t* out) {
          const std::int64_t at = b_at + k * columns + n;
          for (std::int64_t j = 0; j < count; ++j) out[j] = quantized_at(b, at + j) - b_zeros[n + j];
        },
        [&](std::int64_t m, std::int64_t n, std::int32_t sum) { store((i * rows + m) * columns + n, m, n, sum); });
  };
  for_each_product(batch.elements(), rows, columns, context.share, [&](std::int64_t i, const ProductTiles& tiles) {
    matrices.for_each_row({i, i + 1}, [&](const BroadcastRow<2>& at) {
      compute(i, tiles, at.in[0] * rows * depth, at.in[1] * depth * columns);
    });
  });
  return {};
}

auto elements_of(const TensorView& a, const ZeroPoints& zeros) {
  return [&a, &zeros](std::int64_t i, std::int64_t m) { return quantized_at(a, i) - zeros[m]; };
}

Status infer_integer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 4));
  KITE_TRY(require_quantized(context, 0));
  KITE_TRY(require_quantized(context, 1));
  KITE_TRY_ASSIGN(const Product product, infer_product(context, 1, DType::kInt32));
  KITE_TRY(require_zero_point(context, 2, context.input(0).dtype, product.rows));
  return require_zero_point(context, 3, context.input(1).dtype, product.columns);
}

Status compute_integer(const ComputeContext& context) {
  std::int32_t* y = context.outputs[0].as<std::int32_t>();
  const ZeroPoints a_zeros(context, 2);
  return multiply(context, 1, ZeroPoints(context, 3), elements_of(context.inputs[0], a_zeros),
                  [y](std::int64_t i, std::int64_t, std::int64_t, std::int32_t sum) { y[i] = sum; });
}

Status infer_qlinear(InferContext& context) {
  KITE_TRY(context.require_inputs(8, 8));
  KITE_TRY(require_quantized(context, 0));
  KITE_TRY(require_quantized(context, 3));
  KITE_TRY_ASSIGN(const DType dtype, result_type(context, 7));
  KITE_TRY_ASSIGN(const Product product, infer_product(context, 3, dtype));
  KITE_TRY(require_scale(context, 1, product.rows));
  KITE_TRY(require_zero_point(context, 2, context.input(0).dtype, product.rows));
  KITE_TRY(require_scale(context, 4, product.columns));
  KITE_TRY(require_zero_point(context, 5, context.input(3).dtype, product.columns));
  KITE_TRY(require_scale(context, 6));
  KITE_TRY(context.require_same_dtype(1, 4));
  return context.require_same_dtype(1, 6);
}

Status compute_qlinear(const ComputeContext& context) {
  const ZeroPoints a_zeros(context, 2);
  return dispatch(FloatTypes{}, context.inputs[1].type.dtype, [&]<typename T>() -> Status {
    const Scales<T> a_scales(context.inputs[1]);
    const Scales<T> b_scales(context.inputs[4]);
    const QuantizedResult<T> y(context, 6, 7);
    return multiply(context, 3, ZeroPoints(context, 5), elements_of(context.inputs[0], a_zeros),
                    [&](std::int64_t i, std::int64_t m, std::int64_t n, std::int32_t sum) {
                      y.store(i, static_cast<T>(sum) * (a_scales[m] * b_scales[n] / y.scale));
                    });
  });
}

Status check_float_bias(const InferContext& context, int i, std::int64_t columns, DType dtype) {
  if (!context.has_input(i)) return {};
  const TensorType& bias = context.input(i);
  if (bias.dtype == dtype && bias.shape.rank() == 1 && bias.shape[0] == columns) return {};
  return context.invalid("the bias is " + std::string(dtype_name(bias.dtype)) + bias.shape.to_string() + ", expected " +
                         std::string(dtype_name(dtype)) + "[" + std::to_string(columns) + "]");
}

// a, b, a_scale, b_scale, a_zero, b_zero, bias
Status infer_to_float(InferContext& context) {
  KITE_TRY(context.require_inputs(4, 7));
  KITE_TRY(require_quantized(context, 0));
  KITE_TRY(require_quantized(context, 1));
  const DType dtype = context.input(3).dtype;
  KITE_TRY_ASSIGN(const Product product, infer_product(context, 1, dtype));
  KITE_TRY(require_scale(context, 2, product.rows));
  KITE_TRY(require_scale(context, 3, product.columns));
  KITE_TRY(context.require_same_dtype(2, 3));
  KITE_TRY(require_zero_point(context, 4, context.input(0).dtype, product.rows));
  KITE_TRY(require_zero_point(context, 5, context.input(1).dtype, product.columns));
  return check_float_bias(context, 6, product.columns, dtype);
}

Status compute_to_float(const ComputeContext& context) {
  const ZeroPoints a_zeros(context, 4);
  return dispatch(FloatTypes{}, context.inputs[3].type.dtype, [&]<typename T>() -> Status {
    const Scales<T> a_scales(context.inputs[2]);
    const Scales<T> b_scales(context.inputs[3]);
    const T* bias = context.has_input(6) ? context.inputs[6].as<T>() : nullptr;
    T* y = context.outputs[0].as<T>();
    return multiply(context, 1, ZeroPoints(context, 5), elements_of(context.inputs[0], a_zeros),
                    [&](std::int64_t i, std::int64_t m, std::int64_t n, std::int32_t sum) {
                      y[i] = static_cast<T>(sum) * (a_scales[m] * b_scales[n]) + (bias == nullptr ? T{0} : bias[n]);
                    });
  });
}

// a, b, b_scale, b_zero, bias
Status infer_dynamic(InferContext& context) {
  KITE_TRY(context.require_inputs(3, 5));
  KITE_TRY(context.require_float(0));
  KITE_TRY(require_quantized(context, 1));
  const DType dtype = context.input(0).dtype;
  KITE_TRY_ASSIGN(const Product product, infer_product(context, 1, dtype));
  KITE_TRY(require_scale(context, 2, product.columns));
  KITE_TRY(context.require_same_dtype(0, 2));
  KITE_TRY(require_zero_point(context, 3, context.input(1).dtype, product.columns));
  return check_float_bias(context, 4, product.columns, dtype);
}

Status compute_dynamic(const ComputeContext& context) {
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const T* a = context.inputs[0].as<T>();
    const DynamicScale found(a, context.inputs[0].type.shape.elements());
    const T a_scale = static_cast<T>(found.scale);
    const Scales<T> b_scales(context.inputs[2]);
    const T* bias = context.has_input(4) ? context.inputs[4].as<T>() : nullptr;
    T* y = context.outputs[0].as<T>();
    return multiply(
        context, 1, ZeroPoints(context, 3),
        [&](std::int64_t i, std::int64_t) { return found.rounding.centred(found.divide(a[i])); },
        [&](std::int64_t i, std::int64_t, std::int64_t n, std::int32_t sum) {
          y[i] = static_cast<T>(sum) * (a_scale * b_scales[n]) + (bias == nullptr ? T{0} : bias[n]);
        });
  });
}

}  // namespace

constexpr std::string_view kLimits = "float32 scales";

extern const Operator kMatMulIntegerOperator{
    "", "MatMulInteger", 10, kLastOpset, "", infer_integer, compute_integer, Sharing::kShared};
extern const Operator kQLinearMatMulOperator{
    "", "QLinearMatMul", 10, kLastOpset, kLimits, infer_qlinear, compute_qlinear, Sharing::kShared};
extern const Operator kMatMulIntegerToFloatOperator{
    "com.microsoft", "MatMulIntegerToFloat", 1, 1, kLimits, infer_to_float, compute_to_float, Sharing::kShared};
extern const Operator kDynamicQuantizeMatMulOperator{
    "com.microsoft", "DynamicQuantizeMatMul", 1, 1, kLimits, infer_dynamic, compute_dynamic, Sharing::kShared};

}  // namespace kite
