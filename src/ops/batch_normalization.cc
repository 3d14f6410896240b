// SPDX-License-Identifier: Apache-2.0
// y[n,c] = (x[n,c] - mean[c]) / sqrt(variance[c] + epsilon) * scale[c] + bias[c]. At inference mean and variance are
// inputs; a variance below -epsilon gives NaN for its channel, as sqrt does; one of 0 is held up by epsilon. In
// training they are those of x itself, and more outputs hold the running ones: running * momentum + own * (1 -
// momentum).
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string>

#include "graph/training.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr float kEpsilon = 1e-5F;
constexpr float kMomentum = 0.9F;

// Until opset 8 each pixel of each channel may have parameters of its own.
bool is_per_pixel(const Attributes& attributes, int opset) {
  return opset < 9 && attributes.get_int("spatial", 1) == 0;
}

// x as [batch, channels, pixels]. A tensor of rank 1 is a batch of single-channel values.
struct Planes {
  std::int64_t batch = 1;
  std::int64_t channels = 1;
  std::int64_t pixels = 1;
};

Planes planes_of(const Shape& x, bool per_pixel) {
  if (x.rank() < 2) return {x[0], 1, 1};
  if (per_pixel) return {x[0], x.elements(1, x.rank()), 1};
  return {x[0], x[1], x.elements(2, x.rank())};
}

Status check_attributes(const InferContext& context) {
  KITE_TRY(context.get_int("training_mode", 0));
  KITE_TRY(context.get_int("spatial", 1));
  KITE_TRY(context.get_float("epsilon", kEpsilon));
  KITE_TRY(context.get_float("momentum", kMomentum));
  if (uses_batch_statistics(context.node())) return {};
  for (int i = 1; i < context.output_count(); ++i) {
    if (context.has_output(i)) return context.invalid("output " + std::to_string(i) + " exists only while training");
  }
  return {};
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(5, 5));
  KITE_TRY(context.require_float(0));
  KITE_TRY(check_attributes(context));
  const Shape& x = context.shape(0);
  if (x.rank() < 1) return context.invalid("input is a scalar, expected batch and channels");
  const bool per_pixel = is_per_pixel(context.attributes(), context.opset());
  const std::array channels{planes_of(x, false).channels};
  const std::span<const std::int64_t> expected = per_pixel ? x.dims().subspan(1) : std::span(channels);
  constexpr const char* kNames[] = {"", "scale", "B", "mean", "var"};
  for (int i = 1; i < 5; ++i) {
    KITE_TRY(context.require_same_dtype(0, i));
    if (std::ranges::equal(context.shape(i).dims(), expected)) continue;
    KITE_TRY_ASSIGN(const Shape shape, Shape::make(expected));
    return context.invalid(std::string("input '") + kNames[i] + "' has shape " + context.shape(i).to_string() +
                           ", expected " + shape.to_string());
  }
  if (uses_batch_statistics(context.node())) context.set_terms(3);  // the mean, the variance, the result
  KITE_TRY(context.set_output(0, context.input(0)));
  for (int i = 1; i < (context.opset() >= 14 ? 3 : 5); ++i) {
    KITE_TRY(context.set_output(i, context.input(0).dtype, expected));
  }
  return {};
}

struct Statistics {
  double mean = 0;
  double variance = 0;
};

// Of one channel over the batch.
template <typename T>
Statistics statistics_of(const T* x, const Planes& planes, std::int64_t c) {
  const auto for_each = [&](auto&& fn) {
    for (std::int64_t n = 0; n < planes.batch; ++n) {
      const T* plane = x + (n * planes.channels + c) * planes.pixels;
      for (std::int64_t i = 0; i < planes.pixels; ++i) fn(static_cast<double>(plane[i]));
    }
  };
  const auto count = static_cast<double>(planes.batch * planes.pixels);
  Statistics own;
  for_each([&](double element) { own.mean += element; });
  own.mean /= count;
  for_each([&](double element) { own.variance += (element - own.mean) * (element - own.mean); });
  own.variance /= count;
  return own;
}

template <typename T>
void normalize(const ComputeContext& context, const Planes& planes, std::int64_t c, const Statistics& by,
               double epsilon) {
  const T* x = context.inputs[0].as<T>();
  T* y = context.outputs[0].as<T>();
  const double center = by.mean;
  const double shift = context.inputs[2].as<T>()[c];
  const double factor = context.inputs[1].as<T>()[c] / std::sqrt(by.variance + epsilon);
  for (std::int64_t n = 0; n < planes.batch; ++n) {
    const std::int64_t begin = (n * planes.channels + c) * planes.pixels;
    for (std::int64_t i = begin; i < begin + planes.pixels; ++i)
      y[i] = static_cast<T>((x[i] - center) * factor + shift);
  }
}

// The running statistics and, until opset 13, those of the batch; of the variance the inverse deviation, which is what
// ONNX Runtime saves there.
template <typename T>
void write_statistics(const ComputeContext& context, std::int64_t c, const Statistics& given, const Statistics& own,
                      double epsilon) {
  const double momentum = context.attributes.get_float("momentum", kMomentum);
  const std::array outputs{given.mean * momentum + own.mean * (1 - momentum),
                           given.variance * momentum + own.variance * (1 - momentum), own.mean,
                           1 / std::sqrt(own.variance + epsilon)};
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (context.has_output(i + 1)) context.outputs[i + 1].as<T>()[c] = static_cast<T>(outputs[i]);
  }
}

Status compute(const ComputeContext& context) {
  const double epsilon = context.attributes.get_float("epsilon", kEpsilon);
  const auto outputs =
      std::ranges::count_if(context.outputs, [](const MutableTensorView& output) { return output.data != nullptr; });
  const bool trains = uses_batch_statistics(context.attributes, context.opset, outputs);
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const Planes planes = planes_of(context.inputs[0].type.shape, is_per_pixel(context.attributes, context.opset));
    const auto [first, last] = context.share.of(planes.channels, 1);
    for (std::int64_t c = first; c < last; ++c) {
      const Statistics given{context.inputs[3].as<T>()[c], context.inputs[4].as<T>()[c]};
      const Statistics own = trains ? statistics_of(context.inputs[0].as<T>(), planes, c) : given;
      if (context.has_output(0)) normalize<T>(context, planes, c, own, epsilon);
      if (trains) write_statistics<T>(context, c, given, own, epsilon);
    }
    return {};
  });
}

}  // namespace

extern const Operator kBatchNormalizationOperator{
    "", "BatchNormalization", 7, kLastOpset, "one element type for all inputs", infer, compute, Sharing::kShared};

}  // namespace kite
