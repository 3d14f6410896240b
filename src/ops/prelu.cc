// SPDX-License-Identifier: Apache-2.0
// PRelu: y = x < 0 ? slope * x : x; the slope broadcasts to the shape of x.
#include "ops/elementwise.h"
#include "ops/op.h"
#include "ops/wrapping.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(infer_binary(context, ProductTypes{}));
  KITE_TRY_ASSIGN(const Shape shape, broadcast_inputs(context, {0, 1}));
  if (shape == context.shape(0)) return {};
  return context.invalid("slope " + context.shape(1).to_string() + " does not broadcast to the input's shape " +
                         context.shape(0).to_string());
}

Status compute(const ComputeContext& context) {
  return map_binary(context, ProductTypes{},
                    []<typename T>(T x, T slope) { return x < T{0} ? wrapping_mul(slope, x) : x; });
}

}  // namespace

extern constinit const Operator kPReluOperator = {"", "PRelu", 7, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
