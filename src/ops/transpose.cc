// SPDX-License-Identifier: Apache-2.0
// Transpose: y.shape[i] = x.shape[perm[i]].
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ops/axes.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  const Shape& in = context.shape(0);
  std::vector<std::int64_t> dims(static_cast<std::size_t>(in.rank()));
  if (!context.attributes().has("perm")) {
    for (int axis = 0; axis < in.rank(); ++axis) dims[static_cast<std::size_t>(axis)] = in[in.rank() - 1 - axis];
    return context.set_output(0, context.input(0).dtype, dims);
  }
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> perm, context.get_ints("perm"));
  if (perm.size() != dims.size()) {
    return context.invalid("attribute 'perm' has " + std::to_string(perm.size()) + " entries for an input of shape " +
                           in.to_string());
  }
  std::array<bool, kMaxRank> seen{};
  for (std::size_t i = 0; i < perm.size(); ++i) {
    if (perm[i] < 0 || perm[i] >= in.rank() || seen[static_cast<std::size_t>(perm[i])]) {
      return context.invalid("attribute 'perm' is not a permutation: entry " + std::to_string(perm[i]) +
                             " is out of range or repeated");
    }
    seen[static_cast<std::size_t>(perm[i])] = true;
    dims[i] = in[static_cast<int>(perm[i])];
  }
  return context.set_output(0, context.input(0).dtype, dims);
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const MutableTensorView& y = context.outputs[0];
  const auto perm = context.attributes.get_ints("perm");
  const auto in_strides = dense_strides(x.type.shape);
  const auto out_strides = dense_strides(y.type.shape);
  StridedCopy copy;
  for (int axis = 0; axis < y.type.shape.rank(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    const auto from =
        perm.empty() ? static_cast<std::size_t>(x.type.shape.rank() - 1 - axis) : static_cast<std::size_t>(perm[a]);
    copy.add_axis(y.type.shape[axis], out_strides[a], in_strides[from]);
  }
  strided_copy(copy, dtype_size(x.type.dtype), x.data, y.data, context.share);
  return {};
}

}  // namespace

extern const Operator kTransposeOperator = {"", "Transpose", 7, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
