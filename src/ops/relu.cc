// SPDX-License-Identifier: Apache-2.0
// y = max(x, 0); NaN stays NaN.
#include <cstdint>

#include "ops/elementwise.h"
#include "ops/op.h"

namespace kite {
namespace {

using ReluTypes = TypeList<float, double, std::int32_t, std::int64_t, std::int8_t>;

Status infer(InferContext& context) { return infer_unary(context, ReluTypes{}); }

Status compute(const ComputeContext& context) {
  return map_unary(context, ReluTypes{}, []<typename T>(T x) { return x < T{0} ? T{0} : x; });
}

}  // namespace

extern const Operator kReluOperator{"", "Relu", 7, 23, "", infer, compute};

}  // namespace kite
