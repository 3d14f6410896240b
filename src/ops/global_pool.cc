// SPDX-License-Identifier: Apache-2.0
// GlobalAveragePool and GlobalMaxPool: y[n,c] = mean or largest of x[n,c] over all spatial axes, which stay as axes of
// size 1. NaN wins.
#include <array>
#include <cstdint>
#include <span>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(context.require_float(0));
  const Shape& x = context.shape(0);
  if (x.rank() < 3) {
    return context.invalid("input has shape " + x.to_string() + ", expected batch, channels and spatial axes");
  }
  if (x.elements(2, x.rank()) == 0) {
    return context.invalid("input has shape " + x.to_string() + ": there is nothing to pool", "feed a larger picture");
  }
  std::array<std::int64_t, kMaxRank> dims{x[0], x[1]};
  for (int axis = 2; axis < x.rank(); ++axis) dims[static_cast<std::size_t>(axis)] = 1;
  return context.set_output(0, context.input(0).dtype,
                            std::span<const std::int64_t>(dims).first(static_cast<std::size_t>(x.rank())));
}

template <typename T>
T mean_of(const T* x, std::int64_t count) {
  double sum = 0;
  for (std::int64_t i = 0; i < count; ++i) sum += static_cast<double>(x[i]);
  return static_cast<T>(sum / static_cast<double>(count));
}

template <typename T>
T largest_of(const T* x, std::int64_t count) {
  T largest = x[0];
  for (std::int64_t i = 1; i < count; ++i) largest = x[i] > largest || x[i] != x[i] ? x[i] : largest;
  return largest;
}

template <auto kPool>
Status compute(const ComputeContext& context) {
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const Shape& shape = context.inputs[0].type.shape;
    const T* x = context.inputs[0].as<T>();
    T* y = context.outputs[0].as<T>();
    const std::int64_t planes = shape[0] * shape[1];
    const std::int64_t pixels = shape.elements(2, shape.rank());
    const auto [first, last] = context.share.of(planes, 16);
    for (std::int64_t plane = first; plane < last; ++plane) y[plane] = kPool(x + plane * pixels, pixels);
    return {};
  });
}

}  // namespace

extern constinit const Operator kGlobalAveragePoolOperator{
    "",
    "GlobalAveragePool",
    7,
    kLastOpset,
    "",
    infer,
    compute<[](const auto* x, std::int64_t n) { return mean_of(x, n); }>,
    Sharing::kShared};
extern constinit const Operator kGlobalMaxPoolOperator{
    "",
    "GlobalMaxPool",
    7,
    kLastOpset,
    "",
    infer,
    compute<[](const auto* x, std::int64_t n) { return largest_of(x, n); }>,
    Sharing::kShared};

}  // namespace kite
