// SPDX-License-Identifier: Apache-2.0
// y = alpha * a' x b' + beta * c, where a' and b' are a and b or their transposes and c broadcasts to y.
#include <array>
#include <cstdint>
#include <string>
#include <type_traits>

#include "ops/broadcast.h"
#include "ops/dispatch.h"
#include "ops/matrix_product.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

using GemmTypes = TypeList<float, double, std::int32_t, std::int64_t>;

Status check_c(const InferContext& context, const Shape& out) {
  if (!context.has_input(2)) return {};
  KITE_TRY(context.require_same_dtype(0, 2));
  const auto shape = broadcast_shapes(out, context.shape(2));
  if (shape.ok() && *shape == out) return {};
  return context.invalid("input 'C' has shape " + context.shape(2).to_string() + ", which does not broadcast to " +
                         out.to_string());
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(context.opset() < 11 ? 3 : 2, 3));
  KITE_TRY(context.require_same_dtype(0, 1));
  KITE_TRY(require_dtype(context, 0, ProductTypes{}));
  KITE_TRY_ASSIGN(const float alpha, context.get_float("alpha", 1));
  KITE_TRY_ASSIGN(const float beta, context.get_float("beta", 1));
  if (!contains(FloatTypes{}, context.input(0).dtype) && (alpha != 1 || beta != 1)) {
    return context.unsupported("attributes 'alpha' and 'beta' other than 1 on integers");
  }
  KITE_TRY_ASSIGN(const std::int64_t transpose_a, context.get_int("transA", 0));
  KITE_TRY_ASSIGN(const std::int64_t transpose_b, context.get_int("transB", 0));
  const Shape& a = context.shape(0);
  const Shape& b = context.shape(1);
  const std::string shapes = a.to_string() + " and " + b.to_string();
  if (a.rank() != 2 || b.rank() != 2) return context.invalid("inputs are " + shapes + ", expected two matrices");
  const std::int64_t depth = a[transpose_a != 0 ? 0 : 1];
  const std::int64_t b_depth = b[transpose_b != 0 ? 1 : 0];
  if (depth != b_depth) {
    return context.invalid("inputs " + shapes + " with transA=" + std::to_string(transpose_a) +
                           " and transB=" + std::to_string(transpose_b) + " do not multiply: " + std::to_string(depth) +
                           " columns meet " + std::to_string(b_depth) + " rows");
  }
  const std::array dims{a[transpose_a != 0 ? 1 : 0], b[transpose_b != 0 ? 0 : 1]};
  context.set_products(depth);
  KITE_TRY(context.set_output(0, context.input(0).dtype, dims));
  KITE_TRY_ASSIGN(const Shape out, Shape::make(dims));
  return check_c(context, out);
}

// A dense matrix, or its transpose.
template <typename T>
MatrixOperand<T> operand(const TensorView& matrix, bool transposed) {
  const std::int64_t row = matrix.type.shape[1];
  return transposed ? MatrixOperand<T>{matrix.as<T>(), 1, row} : MatrixOperand<T>{matrix.as<T>(), row, 1};
}

// c as a matrix of y's shape: a step of 0 where it broadcasts.
template <typename T>
MatrixOperand<T> broadcast_operand(const TensorView& c) {
  const Shape& shape = c.type.shape;
  const std::int64_t columns = shape.rank() > 0 ? shape[shape.rank() - 1] : 1;
  const std::int64_t rows = shape.rank() > 1 ? shape[shape.rank() - 2] : 1;
  return {c.as<T>(), rows == 1 ? 0 : columns, columns == 1 ? 0 : 1};
}

Status compute(const ComputeContext& context) {
  const double alpha = context.attributes.get_float("alpha", 1);
  const double beta = context.attributes.get_float("beta", 1);
  const bool transpose_a = context.attributes.get_int("transA", 0) != 0;
  const bool transpose_b = context.attributes.get_int("transB", 0) != 0;
  const bool adds_c = context.has_input(2) && beta != 0;  // as in BLAS, beta = 0 hides even a NaN
  return dispatch(GemmTypes{}, without_sign(context.outputs[0].type.dtype), [&]<typename T>() -> Status {
    const std::int64_t rows = context.outputs[0].type.shape[0];
    const std::int64_t columns = context.outputs[0].type.shape[1];
    const std::int64_t depth = context.inputs[0].type.shape[transpose_a ? 0 : 1];
    const auto c = adds_c ? broadcast_operand<T>(context.inputs[2]) : MatrixOperand<T>{};
    T* y = context.outputs[0].as<T>();
    const auto store = [&](std::int64_t m, std::int64_t n, Accumulator<T> sum) {
      if constexpr (std::is_floating_point_v<T>) sum *= alpha;
      if (adds_c) {
        const T addend = c.data[m * c.row_step + n * c.column_step];
        if constexpr (std::is_floating_point_v<T>) {
          sum += beta * static_cast<double>(addend);
        } else {
          sum += static_cast<Accumulator<T>>(addend);
        }
      }
      y[m * columns + n] = static_cast<T>(sum);
    };
    matrix_product(ProductTiles(rows, columns, context.share), depth, operand<T>(context.inputs[0], transpose_a),
                   operand<T>(context.inputs[1], transpose_b), store);
    return {};
  });
}

}  // namespace

extern const Operator kGemmOperator{
    "", "Gemm", 7, kLastOpset, "integers only with alpha = beta = 1", infer, compute, Sharing::kShared};

}  // namespace kite
