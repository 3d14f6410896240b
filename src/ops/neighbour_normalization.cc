// SPDX-License-Identifier: Apache-2.0
// LRN:             y = x / (bias + alpha / size * sum of x^2 over `size` neighbouring channels)^beta
// LpNormalization: y = x / (sum of |x|^p along one axis)^(1/p); zeros stay zeros
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr float kAlpha = 1e-4F;
constexpr float kBeta = 0.75F;
constexpr float kBias = 1;

Status infer_lrn(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.get_float("alpha", kAlpha));
  KITE_TRY(context.get_float("beta", kBeta));
  KITE_TRY(context.get_float("bias", kBias));
  KITE_TRY_ASSIGN(const std::int64_t size, context.get_int("size", 0));
  if (size < 1) return context.invalid("attribute 'size' is " + std::to_string(size) + ", expected 1 or more");
  if (context.shape(0).rank() < 2) return context.invalid("input " + context.shape(0).to_string() + " has no channels");
  context.set_terms(std::min(size, context.shape(0)[1]));
  return context.set_output(0, context.input(0));
}

Status compute_lrn(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  const double alpha = context.attributes.get_float("alpha", kAlpha);
  const double beta = context.attributes.get_float("beta", kBeta);
  const double bias = context.attributes.get_float("bias", kBias);
  const std::int64_t size = context.attributes.get_int("size", 1);
  const std::int64_t channels = shape[1];
  const std::int64_t pixels = shape.elements(2, shape.rank());
  // Of an even size the larger half lies behind the channel.
  const std::int64_t before = std::min((size - 1) / 2, channels);
  const std::int64_t behind = std::min(size - 1 - (size - 1) / 2, channels);
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const ElementRange planes = context.share.of(shape[0] * channels, 1);
    for (std::int64_t plane = planes.first; plane < planes.last; ++plane) {
      const std::int64_t c = plane % channels;
      const T* x = context.inputs[0].as<T>() + (plane - c) * pixels;
      T* y = context.outputs[0].as<T>() + plane * pixels;
      const std::int64_t first = std::max<std::int64_t>(c - before, 0);
      const std::int64_t last = std::min(c + behind, channels - 1);
      for (std::int64_t i = 0; i < pixels; ++i) {
        double squares = 0;
        for (std::int64_t k = first; k <= last; ++k) {
          squares += static_cast<double>(x[k * pixels + i]) * static_cast<double>(x[k * pixels + i]);
        }
        y[i] = static_cast<T>(static_cast<double>(x[c * pixels + i]) /
                              std::pow(bias + alpha / static_cast<double>(size) * squares, beta));
      }
    }
    return {};
  });
}

Status infer_lp(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(context.require_float(0));
  KITE_TRY_ASSIGN(const std::int64_t axis, context.get_int("axis", -1));
  KITE_TRY_ASSIGN(const std::int64_t p, context.get_int("p", 2));
  if (p != 1 && p != 2) return context.invalid("attribute 'p' is " + std::to_string(p) + ", expected 1 or 2");
  KITE_TRY(context.normalize_axis(axis, context.shape(0).rank()));
  return context.set_output(0, context.input(0));
}

Status compute_lp(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  std::int64_t axis = context.attributes.get_int("axis", -1);
  if (axis < 0) axis += shape.rank();
  const bool is_euclidean = context.attributes.get_int("p", 2) == 2;
  const std::int64_t count = shape[static_cast<int>(axis)];
  const std::int64_t outer = shape.elements(0, static_cast<int>(axis));
  const std::int64_t inner = shape.elements(static_cast<int>(axis) + 1, shape.rank());
  return dispatch(FloatTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(outer * inner, 1);
    for (std::int64_t line = first; line < last; ++line) {
      const std::int64_t start = line / inner * count * inner + line % inner;
      const T* x = context.inputs[0].as<T>() + start;
      T* y = context.outputs[0].as<T>() + start;
      double norm = 0;
      for (std::int64_t i = 0; i < count; ++i) {
        const auto element = static_cast<double>(x[i * inner]);
        norm += is_euclidean ? element * element : std::fabs(element);
      }
      if (is_euclidean) norm = std::sqrt(norm);
      for (std::int64_t i = 0; i < count; ++i) {
        y[i * inner] = norm == 0 ? T{0} : static_cast<T>(static_cast<double>(x[i * inner]) / norm);
      }
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kLRNOperator = {"", "LRN", 7, kLastOpset, "", infer_lrn, compute_lrn, Sharing::kShared};
extern constinit const Operator kLpNormalizationOperator = {"", "LpNormalization", 7,          kLastOpset,
                                                            "", infer_lp,          compute_lp, Sharing::kShared};

}  // namespace kite
