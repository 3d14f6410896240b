// SPDX-License-Identifier: Apache-2.0
// Concat: the inputs one after another along one axis.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/checked.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, std::numeric_limits<int>::max()));
  if (!context.attributes().has("axis")) return context.invalid("attribute 'axis' is missing");
  KITE_TRY_ASSIGN(const std::int64_t raw_axis, context.get_int("axis", 0));
  const Shape& first = context.shape(0);
  KITE_TRY_ASSIGN(const int axis, context.normalize_axis(raw_axis, first.rank()));
  std::vector<std::int64_t> dims(first.dims().begin(), first.dims().end());
  for (int i = 1; i < context.input_count(); ++i) {
    if (!context.has_input(i)) return context.invalid("input " + std::to_string(i) + " must not be left out");
    KITE_TRY(context.require_same_dtype(0, i));
    const Shape& other = context.shape(i);
    bool fits = other.rank() == first.rank();
    for (int a = 0; fits && a < first.rank(); ++a) fits = a == axis || other[a] == first[a];
    if (!fits) {
      return context.invalid("input " + std::to_string(i) + " of shape " + other.to_string() +
                             " does not join input 0 of shape " + first.to_string() + " along axis " +
                             std::to_string(axis));
    }
    const auto sum = (Checked(dims[static_cast<std::size_t>(axis)]) + other[axis]).exact();
    if (!sum) return context.invalid("the joined axis overflows");
    dims[static_cast<std::size_t>(axis)] = *sum;
  }
  return context.set_output(0, context.input(0).dtype, dims);
}

Status compute(const ComputeContext& context) {
  const MutableTensorView& y = context.outputs[0];
  const Shape& shape = y.type.shape;
  std::int64_t axis = context.attributes.get_int("axis", 0);
  if (axis < 0) axis += shape.rank();
  const std::int64_t outer = shape.elements(0, static_cast<int>(axis));
  const std::size_t size = dtype_size(y.type.dtype);
  const std::int64_t row = shape.elements(static_cast<int>(axis), shape.rank());
  std::int64_t at = 0;  // elements into an output row
  for (const TensorView& x : context.inputs) {
    const std::int64_t run = x.type.shape.elements(static_cast<int>(axis), shape.rank());
    StridedCopy copy;
    copy.add_axis(outer, row, run);
    copy.add_axis(run, 1, 1);
    strided_copy(copy, size, x.data, y.data + at * static_cast<std::int64_t>(size), context.share);
    at += run;
  }
  return {};
}

}  // namespace

extern const Operator kConcatOperator = {"", "Concat", 7, kLastOpset, "", infer, compute, Sharing::kShared};

}  // namespace kite
