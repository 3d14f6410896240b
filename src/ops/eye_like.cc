// SPDX-License-Identifier: Apache-2.0
// EyeLike: ones on one diagonal of a matrix of the input's shape, zeros elsewhere.
#include <cstdint>
#include <string>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(context.get_int("k", 0));
  if (context.shape(0).rank() != 2) return context.invalid("input " + context.shape(0).to_string() + " is no matrix");
  KITE_TRY_ASSIGN(const DType dtype, context.get_dtype("dtype", context.input(0).dtype));
  if (!contains(AllTypes{}, dtype)) return context.unsupported("a matrix of " + std::string(dtype_name(dtype)));
  return context.set_output(0, TensorType{dtype, context.shape(0)});
}

Status compute(const ComputeContext& context) {
  const Shape& shape = context.outputs[0].type.shape;
  const std::int64_t k = context.attributes.get_int("k", 0);
  return dispatch(AllTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(shape.elements());
    for (std::int64_t i = first; i < last; ++i) {
      // k may be any int64: it is compared, never added.
      context.outputs[0].as<T>()[i] = static_cast<T>(i % shape[1] - i / shape[1] == k ? 1 : 0);
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kEyeLikeOperator = {"", "EyeLike", 9, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
