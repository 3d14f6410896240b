// SPDX-License-Identifier: Apache-2.0
// y = min(max(alpha * x + beta, 0), 1); NaN stays NaN.
#include "ops/elementwise.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr float kAlpha = 0.2F;
constexpr float kBeta = 0.5F;

Status infer(InferContext& context) {
  KITE_TRY(context.get_float("alpha", kAlpha));
  KITE_TRY(context.get_float("beta", kBeta));
  return infer_unary(context, FloatTypes{});
}

Status compute(const ComputeContext& context) {
  const double alpha = context.attributes.get_float("alpha", kAlpha);
  const double beta = context.attributes.get_float("beta", kBeta);
  return map_smooth(context, [alpha, beta](double x) {
    const double line = alpha * x + beta;
    return line < 0 ? 0 : line > 1 ? 1 : line;
  });
}

}  // namespace

extern const Operator kHardSigmoidOperator{"", "HardSigmoid", 7, 23, "", infer, compute};

}  // namespace kite
