// SPDX-License-Identifier: Apache-2.0
// y = x * min(max(x/6 + 1/2, 0), 1); NaN stays NaN.
#include "ops/elementwise.h"
#include "ops/op.h"

namespace kite {
namespace {

Status infer(InferContext& context) { return infer_unary(context, FloatTypes{}); }

Status compute(const ComputeContext& context) {
  return map_smooth(context, [](double x) {
    const double gate = x / 6 + 0.5;
    return x * (gate < 0 ? 0 : gate > 1 ? 1 : gate);
  });
}

}  // namespace

extern const Operator kHardSwishOperator{"", "HardSwish", 14, 23, "", infer, compute};

}  // namespace kite
