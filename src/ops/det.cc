// SPDX-License-Identifier: Apache-2.0
// Det: the determinant of each square matrix in the last two axes.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

// A matrix is eliminated in 128 KiB of the stack, which are one array for all element types: a compiler need not put
// the arrays of two functions that it inlines into the same place, and a worker's stack has no room for two.
constexpr std::int64_t kMostRows = 128;
using Matrix = std::array<double, kMostRows * kMostRows>;

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(context.require_float(0));
  const Shape& x = context.shape(0);
  if (x.rank() < 2 || x[x.rank() - 1] != x[x.rank() - 2]) {
    return context.invalid("input " + x.to_string() + " holds no square matrices");
  }
  const std::int64_t n = x[x.rank() - 1];
  if (n > kMostRows) {
    return context.unsupported("matrices of " + std::to_string(n) + " rows, supported are " +
                               std::to_string(kMostRows));
  }
  context.set_terms(n * n * n);
  return context.set_output(0, context.input(0).dtype, x.dims().first(static_cast<std::size_t>(x.rank() - 2)));
}

// By Gaussian elimination; the largest element of each column is its pivot.
double determinant(Matrix& a, std::int64_t n) {
  const auto at = [&](std::int64_t row, std::int64_t column) -> double& {
    return a[static_cast<std::size_t>(row * n + column)];
  };
  double product = 1;
  for (std::int64_t k = 0; k < n; ++k) {
    std::int64_t pivot = k;
    for (std::int64_t row = k + 1; row < n; ++row) {
      if (std::fabs(at(row, k)) > std::fabs(at(pivot, k))) pivot = row;
    }
    if (at(pivot, k) == 0) return 0;
    if (pivot != k) {
      product = -product;
      for (std::int64_t column = k; column < n; ++column) std::swap(at(pivot, column), at(k, column));
    }
    product *= at(k, k);
    for (std::int64_t row = k + 1; row < n; ++row) {
      const double factor = at(row, k) / at(k, k);
      for (std::int64_t column = k + 1; column < n; ++column) at(row, column) -= factor * at(k, column);
    }
  }
  return product;
}

Status compute(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  const std::int64_t n = shape[shape.rank() - 1];
  Matrix matrix;
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(context.outputs[0].type.shape.elements(), 1);
    for (std::int64_t i = first; i < last; ++i) {
      const T* const x = context.inputs[0].as<T>() + i * n * n;
      std::copy_n(x, n * n, matrix.begin());
      context.outputs[0].as<T>()[i] = static_cast<T>(determinant(matrix, n));
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kDetOperator = {
    "", "Det", 11, kLastOpset, "matrices of up to 128 rows", infer, compute, Sharing::kShared};

}  // namespace kite
