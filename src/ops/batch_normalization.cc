// SPDX-License-Identifier: Apache-2.0
// y[n,c] = (x[n,c] - mean[c]) / sqrt(variance[c] + epsilon) * scale[c] + bias[c], as at inference.
// A variance below -epsilon gives NaN for its channel, as sqrt does; one of 0 is held up by epsilon.
#include <cmath>
#include <cstdint>
#include <string>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr float kEpsilon = 1e-5F;

Status check_mode(const InferContext& context) {
  constexpr const char* kRemedy = "export the model for inference (torch: model.eval())";
  KITE_TRY_ASSIGN(const std::int64_t training, context.get_int("training_mode", 0));
  if (training != 0) return context.unsupported("attribute 'training_mode' is set", kRemedy);
  for (int i = 1; i < context.output_count(); ++i) {
    if (context.has_output(i)) {
      return context.unsupported("output " + std::to_string(i) + " exists only while training", kRemedy);
    }
  }
  KITE_TRY_ASSIGN(const std::int64_t is_spatial, context.get_int("spatial", 1));
  if (context.opset() < 9 && is_spatial == 0) {
    return context.unsupported("attribute 'spatial' is 0 (statistics for each pixel)");
  }
  return {};
}

// A tensor of rank 1 is a batch of single-channel values.
std::int64_t channel_count(const Shape& x) { return x.rank() < 2 ? 1 : x[1]; }

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(5, 5));
  KITE_TRY(context.require_float(0));
  KITE_TRY(check_mode(context));
  KITE_TRY(context.get_float("epsilon", kEpsilon));
  const Shape& x = context.shape(0);
  if (x.rank() < 1) return context.invalid("input is a scalar, expected batch and channels");
  constexpr const char* kNames[] = {"", "scale", "B", "mean", "var"};
  for (int i = 1; i < 5; ++i) {
    KITE_TRY(context.require_same_dtype(0, i));
    if (context.shape(i).rank() != 1 || context.shape(i)[0] != channel_count(x)) {
      return context.invalid(std::string("input '") + kNames[i] + "' has shape " + context.shape(i).to_string() +
                             ", expected [" + std::to_string(channel_count(x)) + "]");
    }
  }
  return context.set_output(0, context.input(0));
}

Status compute(const ComputeContext& context) {
  const double epsilon = context.attributes.get_float("epsilon", kEpsilon);
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const Shape& shape = context.inputs[0].type.shape;
    const T* x = context.inputs[0].as<T>();
    const T* scale = context.inputs[1].as<T>();
    const T* bias = context.inputs[2].as<T>();
    const T* mean = context.inputs[3].as<T>();
    const T* variance = context.inputs[4].as<T>();
    T* y = context.outputs[0].as<T>();
    const std::int64_t channels = channel_count(shape);
    const std::int64_t pixels = shape.rank() < 2 ? 1 : shape.elements(2, shape.rank());
    const auto [first, last] = context.share.of(shape[0] * channels, 1);
    for (std::int64_t plane = first; plane < last; ++plane) {
      const std::int64_t c = plane % channels;
      const double center = mean[c];
      const double shift = bias[c];
      const double factor = scale[c] / std::sqrt(variance[c] + epsilon);
      for (std::int64_t i = plane * pixels; i < (plane + 1) * pixels; ++i) {
        y[i] = static_cast<T>((x[i] - center) * factor + shift);
      }
    }
    return {};
  });
}

}  // namespace

extern const Operator kBatchNormalizationOperator{
    "",      "BatchNormalization", 7, kLastOpset, "inference only; one element type for all inputs", infer,
    compute, Sharing::kShared};

}  // namespace kite
