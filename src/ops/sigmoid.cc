// SPDX-License-Identifier: Apache-2.0
// y = 1 / (1 + exp(-x)).
#include <cmath>

#include "ops/elementwise.h"
#include "ops/op.h"

namespace kite {
namespace {

Status infer(InferContext& context) { return infer_unary(context, FloatTypes{}); }

Status compute(const ComputeContext& context) {
  return map_smooth(context, [](double x) { return 1 / (1 + std::exp(-x)); });
}

}  // namespace

extern const Operator kSigmoidOperator{"", "Sigmoid", 7, 23, "", infer, compute};

}  // namespace kite
