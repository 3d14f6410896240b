// SPDX-License-Identifier: Apache-2.0
// y = min(max(x, low), high); NaN stays NaN, and low > high gives high everywhere.
// Before opset 11 the limits are attributes, then optional scalar inputs.
#include <limits>
#include <string>

#include "ops/elementwise.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr float kAttributeLow = std::numeric_limits<float>::lowest();  // the defaults of opset 6
constexpr float kAttributeHigh = std::numeric_limits<float>::max();

Status check_limit(const InferContext& context, int i, const char* name) {
  if (!context.has_input(i)) return {};
  KITE_TRY(context.require_same_dtype(0, i));
  if (context.shape(i).elements() == 1 && context.shape(i).rank() <= 1) return {};
  return context.invalid(std::string("input '") + name + "' must be a scalar, found shape " +
                         context.shape(i).to_string());
}

Status infer(InferContext& context) {
  if (context.opset() < 11) {
    KITE_TRY(context.require_inputs(1, 1));
    KITE_TRY(require_dtype(context, 0, FloatTypes{}));
    KITE_TRY(context.get_float("min", kAttributeLow));
    KITE_TRY(context.get_float("max", kAttributeHigh));
  } else {
    KITE_TRY(context.require_inputs(1, 3));
    KITE_TRY(require_dtype(context, 0, NumericTypes{}));
    KITE_TRY(check_limit(context, 1, "min"));
    KITE_TRY(check_limit(context, 2, "max"));
  }
  return context.set_output(0, context.input(0));
}

Status compute(const ComputeContext& context) {
  return dispatch(NumericTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    T low = std::numeric_limits<T>::lowest();
    T high = std::numeric_limits<T>::max();
    if (context.opset < 11) {
      low = static_cast<T>(context.attributes.get_float("min", kAttributeLow));
      high = static_cast<T>(context.attributes.get_float("max", kAttributeHigh));
    } else {
      if (context.has_input(1)) low = *context.inputs[1].as<T>();
      if (context.has_input(2)) high = *context.inputs[2].as<T>();
    }
    return map_unary(context, TypeList<T>{}, [low, high](T x) {
      const T raised = x < low ? low : x;
      return raised > high ? high : raised;
    });
  });
}

}  // namespace

extern const Operator kClipOperator{"", "Clip", 7, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
