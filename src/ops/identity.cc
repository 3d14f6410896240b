// SPDX-License-Identifier: Apache-2.0
// y = x, for every element type.
#include <algorithm>

#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  return context.set_output(0, context.input(0));
}

Status compute(const ComputeContext& context) {
  std::ranges::copy(context.inputs[0].bytes(), context.outputs[0].data);
  return {};
}

}  // namespace

extern const Operator kIdentityOperator{"", "Identity", 7, 23, "tensors only, no sequences", infer, compute};

}  // namespace kite
