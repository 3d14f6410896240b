// SPDX-License-Identifier: Apache-2.0
// Swish: y = x * sigmoid(alpha * x). SwiGLU: y = Swish(a) * b for two tensors of one shape.
#include <cmath>

#include "ops/dispatch.h"
#include "ops/elementwise.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

double swish(double x, double alpha) { return x / (1 + std::exp(-alpha * x)); }

Status infer_swish(InferContext& context) {
  KITE_TRY(context.get_float("alpha", 1));
  return infer_unary(context, FloatTypes{});
}

Status infer_gated(InferContext& context) {
  KITE_TRY(context.get_float("alpha", 1));
  KITE_TRY(infer_binary(context, FloatTypes{}));
  if (context.shape(0) == context.shape(1)) return {};
  return context.invalid("inputs have shapes " + context.shape(0).to_string() + " and " + context.shape(1).to_string() +
                         ", expected one shape");
}

Status compute_swish(const ComputeContext& context) {
  const double alpha = context.attributes.get_float("alpha", 1);
  return map_smooth(context, [alpha](double x) { return swish(x, alpha); });
}

Status compute_gated(const ComputeContext& context) {
  const double alpha = context.attributes.get_float("alpha", 1);
  return map_binary(context, FloatTypes{}, [alpha]<typename T>(T a, T b) {
    return static_cast<T>(swish(static_cast<double>(a), alpha) * static_cast<double>(b));
  });
}

}  // namespace

extern constinit const Operator kSwiGLUOperator = {"", "SwiGLU",    kLastOpset,    kLastOpset,
                                                   "", infer_gated, compute_gated, Sharing::kShared};
extern constinit const Operator kSwishOperator = {
    "", "Swish", 24, kLastOpset, "", infer_swish, compute_swish, Sharing::kShared};

}  // namespace kite
