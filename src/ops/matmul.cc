// SPDX-License-Identifier: Apache-2.0
// y = a x b as numpy.matmul: the last two axes are matrices, the others broadcast, and an operand of rank 1 is a row
// (left) or a column (right) whose axis the result drops.
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "ops/broadcast.h"
#include "ops/dispatch.h"
#include "ops/matrix_product.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

using MatMulTypes = TypeList<float, double, std::int32_t, std::int64_t>;

struct Operands {
  std::int64_t rows = 1;
  std::int64_t columns = 1;
  std::int64_t depth = 0;  // of a
  std::int64_t b_depth = 0;
  Shape a_batch;
  Shape b_batch;
};

Result<Shape> leading(const Shape& shape) {
  const int matrix_axes = shape.rank() < 2 ? shape.rank() : 2;
  return Shape::make(shape.dims().first(static_cast<std::size_t>(shape.rank() - matrix_axes)));
}

// Both ranks are at least 1.
Result<Operands> split(const Shape& a, const Shape& b) {
  Operands operands;
  operands.depth = a[a.rank() - 1];
  if (a.rank() > 1) operands.rows = a[a.rank() - 2];
  operands.b_depth = b[b.rank() > 1 ? b.rank() - 2 : 0];
  if (b.rank() > 1) operands.columns = b[b.rank() - 1];
  KITE_TRY_ASSIGN(operands.a_batch, leading(a));
  KITE_TRY_ASSIGN(operands.b_batch, leading(b));
  return operands;
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY(context.require_same_dtype(0, 1));
  KITE_TRY(require_dtype(context, 0, ProductTypes{}));
  const Shape& a = context.shape(0);
  const Shape& b = context.shape(1);
  const std::string shapes = a.to_string() + " and " + b.to_string();
  if (a.rank() < 1 || b.rank() < 1) return context.invalid("inputs are " + shapes + ", expected no scalar");
  KITE_TRY_ASSIGN(const Operands operands, split(a, b));
  if (operands.depth != operands.b_depth) {
    return context.invalid("inputs " + shapes + " do not multiply: " + std::to_string(operands.depth) +
                           " columns meet " + std::to_string(operands.b_depth) + " rows");
  }
  const auto batch = broadcast_shapes(operands.a_batch, operands.b_batch);
  if (!batch.ok()) return context.invalid("inputs " + shapes + ": batch " + batch.error().what);
  std::array<std::int64_t, kMaxRank> dims{};
  std::size_t rank = 0;
  for (const std::int64_t dim : batch->dims()) dims[rank++] = dim;
  if (a.rank() > 1) dims[rank++] = operands.rows;
  if (b.rank() > 1) dims[rank++] = operands.columns;
  context.set_products(operands.depth);
  return context.set_output(0, context.input(0).dtype, std::span<const std::int64_t>(dims).first(rank));
}

Status compute(const ComputeContext& context) {
  KITE_TRY_ASSIGN(const Operands operands, split(context.inputs[0].type.shape, context.inputs[1].type.shape));
  KITE_TRY_ASSIGN(const Shape batch, broadcast_shapes(operands.a_batch, operands.b_batch));
  const std::int64_t rows = operands.rows;
  const std::int64_t columns = operands.columns;
  const std::int64_t depth = operands.depth;
  return dispatch(MatMulTypes{}, without_sign(context.outputs[0].type.dtype), [&]<typename T>() -> Status {
    const T* a = context.inputs[0].as<T>();
    const T* b = context.inputs[1].as<T>();
    T* y = context.outputs[0].as<T>();
    // Broadcasting counts in whole matrices.
    const Broadcast<2> matrices(batch, {operands.a_batch, operands.b_batch});
    for_each_product(batch.elements(), rows, columns, context.share, [&](std::int64_t i, const ProductTiles& tiles) {
      matrices.for_each_row({i, i + 1}, [&](const BroadcastRow<2>& at) {
        T* out = y + i * rows * columns;
        matrix_product(
            tiles, depth, MatrixOperand<T>{a + at.in[0] * rows * depth, depth, 1},
            MatrixOperand<T>{b + at.in[1] * depth * columns, columns, 1},
            [&](std::int64_t m, std::int64_t n, Accumulator<T> sum) { out[m * columns + n] = static_cast<T>(sum); });
      });
    });
    return {};
  });
}

}  // namespace

extern const Operator kMatMulOperator{"", "MatMul", 7, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
