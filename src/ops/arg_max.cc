// SPDX-License-Identifier: Apache-2.0
// ArgMax and ArgMin: where along one axis the largest or smallest element stands. Of equal ones the first, or with
// select_last_index the last. NaN beats every number.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ops/dispatch.h"
#include "ops/op.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  KITE_TRY(require_dtype(context, 0, NumericTypes{}));
  KITE_TRY_ASSIGN(const std::int64_t stated, context.get_int("axis", 0));
  KITE_TRY_ASSIGN(const std::int64_t keepdims, context.get_int("keepdims", 1));
  KITE_TRY(context.get_int("select_last_index", 0));
  const Shape& x = context.shape(0);
  KITE_TRY_ASSIGN(const int axis, context.normalize_axis(stated, x.rank()));
  if (x[axis] == 0) return context.invalid("axis " + std::to_string(axis) + " of " + x.to_string() + " is empty");
  std::vector<std::int64_t> dims(x.dims().begin(), x.dims().end());
  dims[static_cast<std::size_t>(axis)] = 1;
  if (keepdims == 0) dims.erase(dims.begin() + axis);
  return context.set_output(0, DType::kInt64, dims);
}

template <typename T, typename Beats>
std::int64_t position_of_best(const T* x, std::int64_t count, std::int64_t step, bool last, Beats beats) {
  std::int64_t best = 0;
  for (std::int64_t i = 1; i < count; ++i) {
    const T candidate = x[i * step];
    const T champion = x[best * step];
    const bool is_nan = candidate != candidate;
    const bool was_nan = champion != champion;
    const bool is_equal = candidate == champion || (is_nan && was_nan);
    if (is_equal ? last : is_nan || (!was_nan && beats(candidate, champion))) best = i;
  }
  return best;
}

template <auto kBeats>
Status compute(const ComputeContext& context) {
  const Shape& shape = context.inputs[0].type.shape;
  std::int64_t axis = context.attributes.get_int("axis", 0);
  if (axis < 0) axis += shape.rank();
  const bool last = context.attributes.get_int("select_last_index", 0) != 0;
  const std::int64_t outer = shape.elements(0, static_cast<int>(axis));
  const std::int64_t count = shape[static_cast<int>(axis)];
  const std::int64_t inner = shape.elements(static_cast<int>(axis) + 1, shape.rank());
  auto* y = context.outputs[0].as<std::int64_t>();
  return dispatch(NumericTypes{}, context.inputs[0].type.dtype, [&]<typename T>() -> Status {
    const T* x = context.inputs[0].as<T>();
    const ElementRange range = context.share.of(outer * inner, 8);
    for (std::int64_t i = range.first; i < range.last; ++i) {
      y[i] = position_of_best(x + i / inner * count * inner + i % inner, count, inner, last, kBeats);
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kArgMaxOperator = {
    "", "ArgMax", 7, kLastOpset, "", infer, compute<std::greater<>{}>, Sharing::kShared};
extern constinit const Operator kArgMinOperator = {
    "", "ArgMin", 7, kLastOpset, "", infer, compute<std::less<>{}>, Sharing::kShared};

}  // namespace kite
