// SPDX-License-Identifier: Apache-2.0
// y = sqrt(x); NaN for negative x.
#include <cmath>

#include "ops/elementwise.h"
#include "ops/op.h"

namespace kite {
namespace {

Status infer(InferContext& context) { return infer_unary(context, FloatTypes{}); }

Status compute(const ComputeContext& context) {
  return map_smooth(context, [](double x) { return std::sqrt(x); });
}

}  // namespace

extern const Operator kSqrtOperator{"", "Sqrt", 7, 23, "", infer, compute};

}  // namespace kite
