// SPDX-License-Identifier: Apache-2.0
// ConstantOfShape: a tensor of the shape that the input holds, every element the one of attribute `value`.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <variant>
#include <vector>

#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> dims, context.constant_ints(0, "input"));
  DType dtype = DType::kFloat32;
  if (const Attribute* attribute = context.attributes().find("value")) {
    const auto* value = std::get_if<TensorView>(&attribute->value);
    if (value == nullptr) return context.invalid("attribute 'value' must be a tensor");
    if (value->type.shape.elements() != 1) {
      return context.invalid("attribute 'value' must hold one element, found shape " + value->type.shape.to_string());
    }
    dtype = value->type.dtype;
  }
  return context.set_output(0, dtype, dims);
}

Status compute(const ComputeContext& context) {
  const MutableTensorView& y = context.outputs[0];
  static constexpr std::byte kZero[sizeof(double)]{};
  const TensorView* value = context.attributes.get_tensor("value");
  StridedCopy fill;
  fill.add_axis(y.type.shape.elements(), 1, 0);
  strided_copy(fill, dtype_size(y.type.dtype), value == nullptr ? kZero : value->data, y.data, context.share);
  return {};
}

}  // namespace

extern const Operator kConstantOfShapeOperator = {
    "", "ConstantOfShape", 9, kLastOpset, "shape must be constant", infer, compute, Sharing::kShared};

}  // namespace kite
