// SPDX-License-Identifier: Apache-2.0
// LayerNormalization: y = (x - mean) / sqrt(variance + epsilon) * scale + bias, with mean and variance over axes
// [axis, rank); Mean and InvStdDev are optional outputs. RMSNormalization: y = x / sqrt(mean of x^2 + epsilon) * scale.
// All arithmetic is float64, so stash_type changes nothing but is checked.
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "ops/broadcast.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr float kEpsilon = 1e-5F;
constexpr std::int64_t kStashFloat32 = 1;  // TensorProto data types
constexpr std::int64_t kStashFloat64 = 11;

// The normalised axes of x.
Result<Shape> tail_of(const Shape& x, int axis) {
  return Shape::make(x.dims().subspan(static_cast<std::size_t>(axis)));
}

// scale and bias as they meet the tail: leading axes of size 1 say nothing.
Result<Shape> trimmed(const Shape& shape, int rank) {
  int skip = 0;
  while (shape.rank() - skip > rank && shape[skip] == 1) ++skip;
  return Shape::make(shape.dims().subspan(static_cast<std::size_t>(skip)));
}

Status check_parameter(const InferContext& context, int i, const char* name, const Shape& tail) {
  if (!context.has_input(i)) return {};
  KITE_TRY(context.require_same_dtype(0, i));
  const std::string what = std::string("input '") + name + "' has shape " + context.shape(i).to_string();
  KITE_TRY_ASSIGN(const Shape shape, trimmed(context.shape(i), tail.rank()));
  const auto together = broadcast_shapes(tail, shape);
  if (together.ok() && *together == tail) return {};
  if (shape.rank() > tail.rank()) {
    return context.unsupported(what + ", which varies outside the normalised axes " + tail.to_string());
  }
  return context.invalid(what + ", which does not broadcast to the normalised axes " + tail.to_string());
}

Status check(InferContext& context, int most_inputs) {
  KITE_TRY(context.require_inputs(2, most_inputs));
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.get_float("epsilon", kEpsilon));
  KITE_TRY_ASSIGN(const std::int64_t stash, context.get_int("stash_type", kStashFloat32));
  if (stash != kStashFloat32 && stash != kStashFloat64) {
    return context.unsupported("attribute 'stash_type' is " + std::to_string(stash) +
                               ", supported are 1 (float32) and 11 (float64)");
  }
  const Shape& x = context.shape(0);
  KITE_TRY_ASSIGN(const std::int64_t stated, context.get_int("axis", -1));
  KITE_TRY_ASSIGN(const int axis, context.normalize_axis(stated, x.rank()));
  KITE_TRY_ASSIGN(const Shape tail, tail_of(x, axis));
  KITE_TRY(check_parameter(context, 1, "Scale", tail));
  KITE_TRY(check_parameter(context, 2, "B", tail));
  return context.set_output(0, context.input(0));
}

Status infer_rms(InferContext& context) { return check(context, 2); }

Status infer_layer(InferContext& context) {
  KITE_TRY(check(context, 3));
  const Shape& x = context.shape(0);
  KITE_TRY_ASSIGN(const std::int64_t stated, context.get_int("axis", -1));
  KITE_TRY_ASSIGN(const int axis, context.normalize_axis(stated, x.rank()));
  std::array<std::int64_t, kMaxRank> dims{};
  for (int i = 0; i < x.rank(); ++i) dims[static_cast<std::size_t>(i)] = i < axis ? x[i] : 1;
  const auto reduced = std::span<const std::int64_t>(dims).first(static_cast<std::size_t>(x.rank()));
  KITE_TRY(context.set_output(1, context.input(0).dtype, reduced));
  return context.set_output(2, context.input(0).dtype, reduced);
}

struct Moments {
  double mean = 0;
  double inverse_deviation = 0;
};

// Deviations from zero, for RMSNormalization.
template <typename T>
Moments moments_around_zero(const T* x, std::int64_t count, double epsilon) {
  double squares = 0;
  for (std::int64_t i = 0; i < count; ++i) squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return {0, 1 / std::sqrt(squares / static_cast<double>(count) + epsilon)};
}

// Two passes: the deviations are small where the mean is not, so nothing cancels.
template <typename T>
Moments moments_of(const T* x, std::int64_t count, double epsilon) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]);
  const double mean = sum / static_cast<double>(count);
  double squares = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    const double deviation = static_cast<double>(x[i]) - mean;
    squares += deviation * deviation;
  }
  return {mean, 1 / std::sqrt(squares / static_cast<double>(count) + epsilon)};
}

template <bool kCentres>
Status compute(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  const double epsilon = context.attributes.get_float("epsilon", kEpsilon);
  std::int64_t stated = context.attributes.get_int("axis", -1);
  if (stated < 0) stated += shape.rank();
  const int axis = static_cast<int>(stated);
  KITE_TRY_ASSIGN(const Shape tail, tail_of(shape, axis));
  KITE_TRY_ASSIGN(const Shape scale_shape, trimmed(context.inputs[1].type.shape, tail.rank()));
  const bool has_bias = context.has_input(2);
  KITE_TRY_ASSIGN(const Shape bias_shape, trimmed(has_bias ? context.inputs[2].type.shape : Shape(), tail.rank()));
  const Broadcast<2> walk(tail, {scale_shape, bias_shape});
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const T* scale = context.inputs[1].as<T>();
    const T zero = 0;
    const T* bias = has_bias ? context.inputs[2].as<T>() : &zero;
    const std::int64_t groups = shape.elements(0, axis);
    const std::int64_t count = tail.elements();
    const auto [first, last] = context.share.of(groups, 1);
    for (std::int64_t g = first; g < last; ++g) {
      const T* x = context.inputs[0].as<T>() + g * count;
      const Moments moments = kCentres ? moments_of(x, count, epsilon) : moments_around_zero(x, count, epsilon);
      if (context.has_output(1)) context.outputs[1].as<T>()[g] = static_cast<T>(moments.mean);
      if (context.has_output(2)) context.outputs[2].as<T>()[g] = static_cast<T>(moments.inverse_deviation);
      if (!context.has_output(0)) continue;
      T* y = context.outputs[0].as<T>() + g * count;
      walk.for_each_row({0, count}, [&](const BroadcastRow<2>& row) {
        for (std::int64_t i = 0; i < row.count; ++i) {
          const double normal = (static_cast<double>(x[row.out + i]) - moments.mean) * moments.inverse_deviation;
          y[row.out + i] = static_cast<T>(normal * static_cast<double>(scale[row.in[0] + i * row.step[0]]) +
                                          static_cast<double>(bias[row.in[1] + i * row.step[1]]));
        }
      });
    }
    return {};
  });
}

}  // namespace

extern const Operator kLayerNormalizationOperator{"",
                                                  "LayerNormalization",
                                                  7,
                                                  kLastOpset,
                                                  "scale and bias over the normalised axes only",
                                                  infer_layer,
                                                  compute<true>,
                                                  Sharing::kShared};
extern const Operator kRMSNormalizationOperator{"",
                                                "RMSNormalization",
                                                23,
                                                kLastOpset,
                                                "scale over the normalised axes only",
                                                infer_rms,
                                                compute<false>,
                                                Sharing::kShared};

}  // namespace kite
