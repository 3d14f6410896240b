// SPDX-License-Identifier: Apache-2.0
// paperkite.Silu: y = x * sigmoid(x).
#include <cmath>

#include "ops/elementwise.h"
#include "ops/op.h"

namespace kite {
namespace {

Status infer(InferContext& context) { return infer_unary(context, FloatTypes{}); }

Status compute(const ComputeContext& context) {
  return map_smooth(context, [](double x) { return x / (1 + std::exp(-x)); });
}

}  // namespace

extern const Operator kInternalSiluOperator{"paperkite", "Silu", 0, 1000, "", infer, compute};

}  // namespace kite
