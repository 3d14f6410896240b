// SPDX-License-Identifier: Apache-2.0
// MeanVarianceNormalization: y = (x - mean) / (deviation + 1e-9), with both over the axes that the node names.
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr double kEpsilon = 1e-9;
constexpr std::array<std::int64_t, 3> kDefaultAxes{0, 2, 3};

std::span<const std::int64_t> axes_of(const Attributes& attributes) {
  return attributes.has("axes") ? attributes.get_ints("axes") : std::span<const std::int64_t>(kDefaultAxes);
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.get_ints("axes"));
  KITE_TRY(normalize_axes(context, axes_of(context.attributes()), context.shape(0).rank()));
  return context.set_output(0, context.input(0));
}

// Some axes of a dense tensor, walked as one.
struct Axes {
  int rank = 0;
  std::array<std::int64_t, kMaxRank> size{};
  std::array<std::int64_t, kMaxRank> stride{};
  std::int64_t count = 1;

  void add(std::int64_t axis_size, std::int64_t axis_stride) {
    size[static_cast<std::size_t>(rank)] = axis_size;
    stride[static_cast<std::size_t>(rank++)] = axis_stride;
    count *= axis_size;
  }
  [[nodiscard]] std::int64_t offset(std::int64_t i) const {
    std::int64_t at = 0;
    for (int a = rank - 1; a >= 0; --a) {
      at += i % size[static_cast<std::size_t>(a)] * stride[static_cast<std::size_t>(a)];
      i /= size[static_cast<std::size_t>(a)];
    }
    return at;
  }
};

template <typename T>
void normalize(const T* x, T* y, const Axes& reduced) {
  double sum = 0;
  for (std::int64_t i = 0; i < reduced.count; ++i) sum += static_cast<double>(x[reduced.offset(i)]);
  const double mean = sum / static_cast<double>(reduced.count);
  double squares = 0;
  for (std::int64_t i = 0; i < reduced.count; ++i) {
    const double deviation = static_cast<double>(x[reduced.offset(i)]) - mean;
    squares += deviation * deviation;
  }
  const double divisor = std::sqrt(squares / static_cast<double>(reduced.count)) + kEpsilon;
  for (std::int64_t i = 0; i < reduced.count; ++i) {
    const std::int64_t at = reduced.offset(i);
    y[at] = static_cast<T>((static_cast<double>(x[at]) - mean) / divisor);
  }
}

Status compute(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  std::array<bool, kMaxRank> is_reduced{};
  for (const std::int64_t axis : axes_of(context.attributes)) {
    is_reduced[static_cast<std::size_t>(axis < 0 ? axis + shape.rank() : axis)] = true;
  }
  const auto strides = dense_strides(shape);
  Axes kept, reduced;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    (is_reduced[a] ? reduced : kept).add(shape[axis], strides[a]);
  }
  if (shape.elements() == 0) return {};
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(kept.count, 1);
    for (std::int64_t i = first; i < last; ++i) {
      normalize(context.inputs[0].as<T>() + kept.offset(i), context.outputs[0].as<T>() + kept.offset(i), reduced);
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kMeanVarianceNormalizationOperator = {
    "", "MeanVarianceNormalization", 9, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
