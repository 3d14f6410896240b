// SPDX-License-Identifier: Apache-2.0
// y = a - b with broadcasting; integers wrap.
#include "ops/elementwise.h"
#include "ops/op.h"
#include "ops/wrapping.h"

namespace kite {
namespace {

Status infer(InferContext& context) { return infer_binary(context, NumericTypes{}); }

Status compute(const ComputeContext& context) {
  return map_binary(context, NumericTypes{}, []<typename T>(T a, T b) { return wrapping_sub(a, b); });
}

}  // namespace

extern const Operator kSubOperator{"", "Sub", 7, 23, "", infer, compute};

}  // namespace kite
