// SPDX-License-Identifier: Apache-2.0
// Unsqueeze: inserts axes of size 1 at the places that `axes` names in the output.
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
  const int inputs = context.opset() >= kAxesInputSince ? 2 : 1;
  KITE_TRY(context.require_inputs(inputs, inputs));
  const Shape& in = context.shape(0);
  KITE_TRY_ASSIGN(const auto axes, list_of(context, "axes", 1, kAxesInputSince));
  if (!axes) return context.invalid("attribute 'axes' is missing");
  if (axes->size() > kMaxRank) return context.unsupported("more than " + std::to_string(kMaxRank) + " axes");
  const int rank = in.rank() + static_cast<int>(axes->size());
  if (rank > kMaxRank) {
    return context.unsupported("the output would have rank " + std::to_string(rank) + ", at most " +
                               std::to_string(kMaxRank) + " is supported");
  }
  KITE_TRY_ASSIGN(const std::vector<int> normal, normalize_axes(context, *axes, rank));
  std::array<bool, kMaxRank> inserted{};
  for (const int axis : normal) inserted[static_cast<std::size_t>(axis)] = true;
  std::vector<std::int64_t> dims;
  for (int axis = 0, from = 0; axis < rank; ++axis) {
    dims.push_back(inserted[static_cast<std::size_t>(axis)] ? 1 : in[from++]);
  }
  return context.set_output(0, context.input(0).dtype, dims);
}

}  // namespace

extern const Operator kUnsqueezeOperator = {
    "", "Unsqueeze", 7, kLastOpset, "axes must be constant", infer, copy_elements, Sharing::kShared};

}  // namespace kite
