// SPDX-License-Identifier: Apache-2.0
// Squeeze: drops axes of size 1.
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ops/axes.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {

namespace {

constexpr int kAxesInputSince = 13;

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, context.opset() >= kAxesInputSince ? 2 : 1));
  const Shape& in = context.shape(0);
  KITE_TRY_ASSIGN(const auto axes, list_of(context, "axes", 1, kAxesInputSince));
  std::array<bool, kMaxRank> dropped{};
  if (axes) {
    KITE_TRY_ASSIGN(const std::vector<int> normal, normalize_axes(context, *axes, in.rank()));
    for (const int axis : normal) {
      if (in[axis] != 1) {
        return context.invalid("axis " + std::to_string(axis) + " of shape " + in.to_string() + " is not 1");
      }
      dropped[static_cast<std::size_t>(axis)] = true;
    }
  } else {
    for (int axis = 0; axis < in.rank(); ++axis) dropped[static_cast<std::size_t>(axis)] = in[axis] == 1;
  }
  std::vector<std::int64_t> dims;
  for (int axis = 0; axis < in.rank(); ++axis) {
    if (!dropped[static_cast<std::size_t>(axis)]) dims.push_back(in[axis]);
  }
  return context.set_output(0, context.input(0).dtype, dims);
}

}  // namespace

extern const Operator kSqueezeOperator = {
    "", "Squeeze", 7, kLastOpset, "axes must be constant", infer, copy_elements, Sharing::kShared};

}  // namespace kite
