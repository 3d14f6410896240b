// SPDX-License-Identifier: Apache-2.0
// paperkite.Linear: y = act(x * w + bias + residual) over the last axis. x [...,K]; w [K,N], or [N,K] with
// transposed=1; bias [N] and residual [...,N] may be left out; y [...,N].
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "ops/activate.h"
#include "ops/dispatch.h"
#include "ops/matrix_product.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 4));
  KITE_TRY(context.require_float(0));
  KITE_TRY(check_activation(context));
  KITE_TRY_ASSIGN(const std::int64_t transposed, context.get_int("transposed", 0));
  for (int i = 1; i < context.input_count(); ++i) {
    if (context.has_input(i)) KITE_TRY(context.require_same_dtype(0, i));
  }
  const Shape& x = context.shape(0);
  const Shape& w = context.shape(1);
  if (x.rank() < 1) return context.invalid("input is a scalar, expected at least one axis");
  if (w.rank() != 2 || w[transposed != 0 ? 1 : 0] != x[x.rank() - 1]) {
    return context.invalid("weights " + w.to_string() + " with transposed=" + std::to_string(transposed) +
                           " do not fit input " + x.to_string());
  }
  std::array<std::int64_t, kMaxRank> dims{};
  for (int axis = 0; axis < x.rank(); ++axis) dims[static_cast<std::size_t>(axis)] = x[axis];
  const std::int64_t columns = w[transposed != 0 ? 0 : 1];
  dims[static_cast<std::size_t>(x.rank() - 1)] = columns;
  context.set_products(x[x.rank() - 1]);
  const auto out_dims = std::span<const std::int64_t>(dims).first(static_cast<std::size_t>(x.rank()));
  KITE_TRY(context.set_output(0, context.input(0).dtype, out_dims));
  KITE_TRY_ASSIGN(const Shape out, Shape::make(out_dims));
  if (context.has_input(2) && context.shape(2) != Shape({columns})) {
    return context.invalid("bias has shape " + context.shape(2).to_string() + ", expected [" + std::to_string(columns) +
                           "]");
  }
  if (context.has_input(3) && context.shape(3) != out) {
    return context.invalid("residual has shape " + context.shape(3).to_string() + ", expected " + out.to_string());
  }
  return {};
}

Status compute(const ComputeContext& context) {
  const bool transposed = context.attributes.get_int("transposed", 0) != 0;
  const ActivationFunction activation(context.attributes);
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const Shape& x = context.inputs[0].type.shape;
    const Shape& w = context.inputs[1].type.shape;
    const std::int64_t depth = x[x.rank() - 1];
    const std::int64_t columns = w[transposed ? 0 : 1];
    const std::int64_t rows = x.elements(0, x.rank() - 1);
    const MatrixOperand<T> left{context.inputs[0].as<T>(), depth, 1};
    const T* weights = context.inputs[1].as<T>();
    const auto right = transposed ? MatrixOperand<T>{weights, 1, depth} : MatrixOperand<T>{weights, columns, 1};
    const T* bias = context.has_input(2) ? context.inputs[2].as<T>() : nullptr;
    const T* residual = context.has_input(3) ? context.inputs[3].as<T>() : nullptr;
    T* y = context.outputs[0].as<T>();
    matrix_product(ProductTiles(rows, columns, context.share), depth, left, right,
                   [&](std::int64_t m, std::int64_t n, double sum) {
                     if (bias != nullptr) sum += static_cast<double>(bias[n]);
                     if (residual != nullptr) sum += static_cast<double>(residual[m * columns + n]);
                     y[m * columns + n] = static_cast<T>(activation(sum));
                   });
    return {};
  });
}

}  // namespace

extern const Operator kInternalLinearOperator{"paperkite", "Linear", 0, 1000, "", infer, compute, Sharing::kShared};

}  // namespace kite
