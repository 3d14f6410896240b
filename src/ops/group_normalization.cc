// SPDX-License-Identifier: Apache-2.0
// InstanceNormalization and GroupNormalization: y = (x - mean) / sqrt(variance + epsilon) * scale + bias, with mean and
// variance of one picture and one channel, or one group of neighbouring channels. Scale and bias are one number for a
// channel; in opset 18 to 20 of GroupNormalization one for a group.
#include <cmath>
#include <cstdint>
#include <string>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr float kEpsilon = 1e-5F;
constexpr int kScalePerChannelSince = 21;

Status check_scales(const InferContext& context, std::int64_t count) {
  for (const int i : {1, 2}) {
    KITE_TRY(context.require_same_dtype(0, i));
    if (context.shape(i).rank() == 1 && context.shape(i)[0] == count) continue;
    return context.invalid("input " + std::to_string(i) + " has shape " + context.shape(i).to_string() +
                           ", expected [" + std::to_string(count) + "]");
  }
  return {};
}

Status check_picture(const InferContext& context) {
  KITE_TRY(context.require_inputs(3, 3));
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.get_float("epsilon", kEpsilon));
  const Shape& x = context.shape(0);
  if (x.rank() >= 3) return {};
  return context.invalid("input " + x.to_string() + " has no spatial axes");
}

Status infer_instance(InferContext& context) {
  KITE_TRY(check_picture(context));
  KITE_TRY(check_scales(context, context.shape(0)[1]));
  return context.set_output(0, context.input(0));
}

Status infer_group(InferContext& context) {
  KITE_TRY(check_picture(context));
  KITE_TRY_ASSIGN(const std::int64_t groups, context.get_int("num_groups", 0));
  KITE_TRY(context.get_int("stash_type", 1));
  const std::int64_t channels = context.shape(0)[1];
  if (groups < 1 || channels % groups != 0) {
    return context.invalid("attribute 'num_groups' is " + std::to_string(groups) + ", the input has " +
                           std::to_string(channels) + " channels");
  }
  KITE_TRY(check_scales(context, context.opset() < kScalePerChannelSince ? groups : channels));
  return context.set_output(0, context.input(0));
}

// `scale_run` neighbouring channels share a scale.
template <typename T>
void normalize(const ComputeContext& context, std::int64_t groups, std::int64_t scale_run) {
  const Shape& shape = context.inputs[0].type.shape;
  const double epsilon = context.attributes.get_float("epsilon", kEpsilon);
  const T* scale = context.inputs[1].as<T>();
  const T* bias = context.inputs[2].as<T>();
  const std::int64_t pixels = shape.elements(2, shape.rank());
  const std::int64_t group_channels = shape[1] / groups;
  const std::int64_t count = group_channels * pixels;
  const auto [first, last] = context.share.of(shape[0] * groups, 1);
  for (std::int64_t g = first; g < last; ++g) {
    const T* x = context.inputs[0].as<T>() + g * count;
    T* y = context.outputs[0].as<T>() + g * count;
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]);
    const double mean = sum / static_cast<double>(count);
    double squares = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      squares += (static_cast<double>(x[i]) - mean) * (static_cast<double>(x[i]) - mean);
    }
    const double inverse = 1 / std::sqrt(squares / static_cast<double>(count) + epsilon);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t channel = (g % groups * group_channels + i / pixels) / scale_run;
      y[i] = static_cast<T>((static_cast<double>(x[i]) - mean) * inverse * static_cast<double>(scale[channel]) +
                            static_cast<double>(bias[channel]));
    }
  }
}

Status compute_instance(const ComputeContext& context) {
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    if (context.outputs[0].type.shape.elements() > 0) normalize<T>(context, context.inputs[0].type.shape[1], 1);
    return {};
  });
}

Status compute_group(const ComputeContext& context) {
  const std::int64_t groups = context.attributes.get_int("num_groups", 1);
  const std::int64_t run = context.opset < kScalePerChannelSince ? context.inputs[0].type.shape[1] / groups : 1;
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    if (context.outputs[0].type.shape.elements() > 0) normalize<T>(context, groups, run);
    return {};
  });
}

}  // namespace

extern constinit const Operator kInstanceNormalizationOperator = {
    "", "InstanceNormalization", 7, kLastOpset, "", infer_instance, compute_instance, Sharing::kShared};
extern constinit const Operator kGroupNormalizationOperator = {
    "", "GroupNormalization", 18, kLastOpset, "", infer_group, compute_group, Sharing::kShared};

}  // namespace kite
