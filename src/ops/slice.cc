// SPDX-License-Identifier: Apache-2.0
// Slice: every step-th element between start and end, along any number of axes; steps may be negative.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/checked.h"
#include "ops/axes.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {

namespace {

constexpr int kInputsSince = 10;

// Per input axis: the first element taken, the distance to the next, and how many.
struct Taken {
  std::array<std::int64_t, kMaxRank> start{};
  std::array<std::int64_t, kMaxRank> step{};
  std::array<std::int64_t, kMaxRank> count{};
};

// One axis of size n. Steps longer than the axis are clamped to it, so that no arithmetic below can overflow.
void take_axis(Taken& taken, std::size_t axis, std::int64_t n, std::int64_t start, std::int64_t end,
               std::int64_t step) {
  step = std::clamp<std::int64_t>(step, -n - 1, n + 1);
  if (start < 0) start += n;
  if (end < 0) end += n;
  std::int64_t count = 0;
  if (step > 0) {
    start = std::clamp<std::int64_t>(start, 0, n);
    end = std::clamp<std::int64_t>(end, 0, n);
    count = end > start ? ceil_div(end - start, step) : 0;
  } else if (n > 0) {
    start = std::clamp<std::int64_t>(start, 0, n - 1);
    end = std::clamp<std::int64_t>(end, -1, n - 1);
    count = start > end ? ceil_div(start - end, -step) : 0;
  }
  taken.start[axis] = start;
  taken.step[axis] = step;
  taken.count[axis] = count;
}

// The caller has checked axes and steps. Empty `axes`: the leading ones; empty `steps`: all 1.
Taken resolve(const Shape& shape, const ListView& starts, const ListView& ends, const ListView& axes,
              const ListView& steps) {
  Taken taken;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    take_axis(taken, static_cast<std::size_t>(axis), shape[axis], 0, shape[axis], 1);
  }
  for (std::int64_t i = 0; i < starts.size(); ++i) {
    std::int64_t axis = axes.empty() ? i : axes[i];
    if (axis < 0) axis += shape.rank();
    take_axis(taken, static_cast<std::size_t>(axis), shape[static_cast<int>(axis)], starts[i], ends[i],
              steps.empty() ? 1 : steps[i]);
  }
  return taken;
}

Status check_lists(const InferContext& context, std::size_t starts, std::size_t ends,
                   const std::optional<std::vector<std::int64_t>>& axes,
                   const std::optional<std::vector<std::int64_t>>& steps) {
  const auto same = [&](const std::optional<std::vector<std::int64_t>>& list) {
    return !list || list->size() == starts;
  };
  if (ends != starts || !same(axes) || !same(steps)) {
    return context.invalid("starts, ends, axes and steps have different lengths");
  }
  const Shape& shape = context.shape(0);
  if (starts > static_cast<std::size_t>(shape.rank())) {
    return context.invalid(std::to_string(starts) + " starts for an input of shape " + shape.to_string());
  }
  if (axes) {
    KITE_TRY_ASSIGN([[maybe_unused]] const auto normal, normalize_axes(context, *axes, shape.rank()));
  }
  if (steps && std::ranges::find(*steps, 0) != steps->end()) return context.invalid("a step is 0");
  return {};
}

Status infer(InferContext& context) {
  const bool from_inputs = context.opset() >= kInputsSince;
  KITE_TRY(context.require_inputs(from_inputs ? 3 : 1, from_inputs ? 5 : 1));
  KITE_TRY_ASSIGN(const auto starts, list_of(context, "starts", 1, kInputsSince));
  KITE_TRY_ASSIGN(const auto ends, list_of(context, "ends", 2, kInputsSince));
  KITE_TRY_ASSIGN(const auto axes, list_of(context, "axes", 3, kInputsSince));
  std::optional<std::vector<std::int64_t>> steps;
  if (from_inputs) {
    KITE_TRY_ASSIGN(steps, list_of(context, "steps", 4, kInputsSince));
  }
  if (!starts || !ends) return context.invalid("'starts' and 'ends' must be given");
  KITE_TRY(check_lists(context, starts->size(), ends->size(), axes, steps));
  const auto list = [](const std::optional<std::vector<std::int64_t>>& values) {
    return ListView(values ? std::span<const std::int64_t>(*values) : std::span<const std::int64_t>{});
  };
  const Taken taken = resolve(context.shape(0), list(starts), list(ends), list(axes), list(steps));
  const auto rank = static_cast<std::size_t>(context.shape(0).rank());
  return context.set_output(0, context.input(0).dtype, std::span(taken.count).first(rank));
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const MutableTensorView& y = context.outputs[0];
  // An opset below 10 has no steps: input 4 is not there then, and no attribute of that name counts.
  const Taken taken =
      resolve(x.type.shape, ListView(context, "starts", 1, kInputsSince), ListView(context, "ends", 2, kInputsSince),
              ListView(context, "axes", 3, kInputsSince), ListView(context, "steps", 4, 0));
  const auto in_strides = dense_strides(x.type.shape);
  const auto out_strides = dense_strides(y.type.shape);
  StridedCopy copy;
  std::int64_t first = 0;
  for (int axis = 0; axis < x.type.shape.rank(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    if (taken.count[a] == 0) return {};
    first += taken.start[a] * in_strides[a];
    copy.add_axis(taken.count[a], out_strides[a], taken.step[a] * in_strides[a]);
  }
  const std::size_t element_size = dtype_size(x.type.dtype);
  strided_copy(copy, element_size, x.data + first * static_cast<std::int64_t>(element_size), y.data, context.share);
  return {};
}

}  // namespace

extern const Operator kSliceOperator = {
    "", "Slice", 7, kLastOpset, "starts, ends, axes and steps must be constant", infer, compute, Sharing::kShared};

}  // namespace kite
