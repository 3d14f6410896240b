// SPDX-License-Identifier: Apache-2.0
// Dropout at inference: y = x, and a mask that keeps everything. Training with a ratio of 0 is the same; with another
// ratio the answer is random, which is refused.
#include <algorithm>
#include <string>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr const char* kTrainingRemedy = "export the model for inference (torch: model.eval())";

// From opset 12 the ratio is an input. Without it, it is 0.5.
bool drops_nothing(const InferContext& context) {
  const TensorView* ratio = context.constant(1);
  if (ratio == nullptr || ratio->type.shape.elements() != 1) return false;
  return std::ranges::all_of(ratio->bytes(), [](std::byte byte) { return byte == std::byte{0}; });
}

// From opset 12 an optional bool input asks for training; it must be known to be false, or to drop nothing.
Status check_training_mode(const InferContext& context) {
  if (!context.has_input(2)) return {};
  const TensorType& type = context.input(2);
  if (type.dtype != DType::kBool || type.shape.elements() != 1) {
    return context.invalid("input 'training_mode' must be a bool scalar, found " + std::string(dtype_name(type.dtype)) +
                           " " + type.shape.to_string());
  }
  if (drops_nothing(context)) return {};
  const TensorView* value = context.constant(2);
  if (value == nullptr) {
    return context.unsupported("input 'training_mode' is only known at run time", kTrainingRemedy);
  }
  if (*value->data != std::byte{0}) {
    return context.unsupported("training_mode is true, so that the answer is random", kTrainingRemedy);
  }
  return {};
}

Status infer(InferContext& context) {
  const bool has_inputs = context.opset() >= 12;  // ratio and training_mode were an attribute and absent before
  KITE_TRY(context.require_inputs(1, has_inputs ? 3 : 1));
  KITE_TRY(context.require_float(0));
  if (has_inputs) KITE_TRY(check_training_mode(context));
  KITE_TRY(context.set_output(0, context.input(0)));
  // The mask has the type of the data until opset 10 made it bool.
  const DType mask = context.opset() >= 10 ? DType::kBool : context.input(0).dtype;
  return context.set_output(1, TensorType{mask, context.shape(0)});
}

Status compute(const ComputeContext& context) {
  if (context.has_output(0)) std::ranges::copy(context.inputs[0].bytes(), context.outputs[0].data);
  if (!context.has_output(1)) return {};
  const MutableTensorView& mask = context.outputs[1];
  return dispatch(TypeList<float, double, bool>{}, mask.type.dtype, [&]<typename T>() -> Status {
    std::fill_n(mask.as<T>(), mask.type.shape.elements(), T{1});
    return {};
  });
}

}  // namespace

extern const Operator kDropoutOperator{"", "Dropout", 7, kLastOpset, "inference only", infer, compute};

}  // namespace kite
