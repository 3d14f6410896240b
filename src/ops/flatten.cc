// SPDX-License-Identifier: Apache-2.0
// Flatten: all axes before `axis` become one, all from it on become another.
#include <cstdint>
#include <string>
#include <vector>

#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  const Shape& in = context.shape(0);
  KITE_TRY_ASSIGN(std::int64_t axis, context.get_int("axis", 1));
  // Unlike other axes this one may be the rank itself: it is a cut between axes.
  if (axis < -in.rank() || axis > in.rank()) {
    return context.invalid("axis " + std::to_string(axis) + " is outside [-" + std::to_string(in.rank()) + ", " +
                           std::to_string(in.rank()) + "]");
  }
  if (axis < 0) axis += in.rank();
  const auto cut = static_cast<int>(axis);
  const std::vector<std::int64_t> dims = {in.elements(0, cut), in.elements(cut, in.rank())};
  return context.set_output(0, context.input(0).dtype, dims);
}

}  // namespace

extern const Operator kFlattenOperator = {"", "Flatten", 7, kLastOpset, "", infer, copy_elements, Sharing::kShared};

}  // namespace kite
