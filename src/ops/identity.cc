// SPDX-License-Identifier: Apache-2.0
// y = x, for every element type.
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  return context.set_output(0, context.input(0));
}

}  // namespace

extern const Operator kIdentityOperator{
    "", "Identity", 7, kLastOpset, "tensors only, no sequences", infer, copy_elements, Sharing::kShared};

}  // namespace kite
