// SPDX-License-Identifier: Apache-2.0
// y = erf(x), the error function.
#include <cmath>

#include "ops/elementwise.h"
#include "ops/op.h"

namespace kite {
namespace {

Status infer(InferContext& context) { return infer_unary(context, FloatTypes{}); }

Status compute(const ComputeContext& context) {
  return map_smooth(context, [](double x) { return std::erf(x); });
}

}  // namespace

extern const Operator kErfOperator{"", "Erf", 9, 23, "float32 and float64 only", infer, compute};

}  // namespace kite
