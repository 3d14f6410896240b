// SPDX-License-Identifier: Apache-2.0
// AffineGrid: where each pixel of a picture of the given size comes from under an affine map, as GridSample reads it.
#include <cstdint>
#include <vector>

#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 2));
  KITE_TRY(context.require_float(0));
  KITE_TRY(context.get_int("align_corners", 0));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> size, context.constant_ints(1, "size"));
  const Shape& theta = context.shape(0);
  const auto axes = static_cast<std::int64_t>(size.size()) - 2;
  if (axes != 2 && axes != 3) return context.invalid("input 'size' must hold 4 or 5 numbers");
  if (theta.rank() != 3 || theta[0] != size[0] || theta[1] != axes || theta[2] != axes + 1) {
    return context.invalid("the maps " + theta.to_string() + " do not fit a picture of " + std::to_string(axes) +
                           " axes and batch " + std::to_string(size[0]));
  }
  std::vector<std::int64_t> dims = {size[0]};
  dims.insert(dims.end(), size.begin() + 2, size.end());
  dims.push_back(axes);
  context.set_terms(axes + 1);
  return context.set_output(0, context.input(0).dtype, dims);
}

// The place of element i of n in [-1, 1]: pixel centres, or the outermost ones at the ends.
double place(std::int64_t i, std::int64_t n, bool aligned) {
  const auto at = static_cast<double>(i);
  const auto count = static_cast<double>(n);
  if (!aligned) return (2 * at + 1) / count - 1;
  return n == 1 ? -1 : 2 * at / (count - 1) - 1;
}

Status compute(const ComputeContext& context) {
  const Shape& shape = context.outputs[0].type.shape;
  const int axes = shape.rank() - 2;
  const bool aligned = context.attributes.get_int("align_corners", 0) != 0;
  const std::int64_t plane = shape.elements(1, axes + 1);
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    const auto [first, last] = context.share.of(shape.elements(0, axes + 1));
    for (std::int64_t i = first; i < last; ++i) {
      const T* map = context.inputs[0].as<T>() + i / plane * axes * (axes + 1);
      T* y = context.outputs[0].as<T>() + i * axes;
      // Rows of the map and coordinates run x, y, z; axes of the picture run z, y, x.
      double at[3] = {0, 0, 0};
      std::int64_t rest = i % plane;
      for (int c = 0; c < axes; ++c) {
        const std::int64_t n = shape[axes - c];
        at[c] = place(rest % n, n, aligned);
        rest /= n;
      }
      for (int row = 0; row < axes; ++row) {
        auto sum = static_cast<double>(map[row * (axes + 1) + axes]);
        for (int c = 0; c < axes; ++c) sum += static_cast<double>(map[row * (axes + 1) + c]) * at[c];
        y[row] = static_cast<T>(sum);
      }
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kAffineGridOperator = {
    "", "AffineGrid", 20, kLastOpset, "size must be constant", infer, compute, Sharing::kShared};

}  // namespace kite
