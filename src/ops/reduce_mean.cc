// SPDX-License-Identifier: Apache-2.0
// y = mean of x over some axes. The axes are an attribute before opset 18, then an optional constant input; none
// means all, or with noop_with_empty_axes y = x. Integers sum wrapping in 64 bits and divide towards zero.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/wrapping.h"
#include "paperkite/try.h"

namespace kite {
namespace {

using ReduceTypes = TypeList<float, double, std::int32_t, std::int64_t>;
constexpr int kAxesInputSince = 18;

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(1, context.opset() < kAxesInputSince ? 1 : 2));
  KITE_TRY(require_dtype(context, 0, ReduceTypes{}));
  if (context.opset() >= kAxesInputSince && context.attributes().has("axes")) {
    return context.invalid("attribute 'axes' became an input in opset 18", "export the model again");
  }
  KITE_TRY_ASSIGN(const std::int64_t keepdims, context.get_int("keepdims", 1));
  KITE_TRY_ASSIGN(const std::int64_t noop, context.get_int("noop_with_empty_axes", 0));
  KITE_TRY_ASSIGN(const auto list, list_of(context, "axes", 1, kAxesInputSince));
  const Shape& x = context.shape(0);
  KITE_TRY_ASSIGN(const std::vector<int> axes,
                  normalize_axes(context, list.value_or(std::vector<std::int64_t>{}), x.rank()));
  if (axes.empty() && noop != 0 && context.opset() >= kAxesInputSince) return context.set_output(0, context.input(0));
  std::vector<std::int64_t> dims;
  std::int64_t averaged = 1;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const bool reduced = axes.empty() || std::ranges::count(axes, axis) != 0;
    if (reduced) averaged *= x[axis];
    if (!reduced) dims.push_back(x[axis]);
    if (reduced && keepdims != 0) dims.push_back(1);
  }
  if (averaged == 0) {
    return context.invalid("input has shape " + x.to_string() + ": there is nothing to average",
                           "feed a larger picture");
  }
  return context.set_output(0, context.input(0).dtype, dims);
}

// The axes of x sorted into kept and reduced ones, neighbours of one kind merged. All offsets in elements of x.
struct Axes {
  int rank = 0;
  std::array<std::int64_t, kMaxRank> size{};
  std::array<std::int64_t, kMaxRank> stride{};
  std::array<std::int64_t, kMaxRank> index{};  // of the walk below

  void append(std::int64_t axis_size, std::int64_t axis_stride) {
    size[static_cast<std::size_t>(rank)] = axis_size;
    stride[static_cast<std::size_t>(rank)] = axis_stride;
    ++rank;
  }
  // Moves `offset` to the next position, last axis fastest; false after the last one, back at the first.
  bool advance(std::int64_t& offset) {
    for (int axis = rank - 1; axis >= 0; --axis) {
      const auto a = static_cast<std::size_t>(axis);
      offset += stride[a];
      if (++index[a] < size[a]) return true;
      offset -= stride[a] * size[a];
      index[a] = 0;
    }
    return false;
  }
};

struct Plan {
  Axes kept;
  Axes reduced;
  std::int64_t averaged = 1;  // elements of x in each mean
  std::int64_t run = 1;       // outputs whose elements of x lie side by side: the innermost kept axis, if it is last
};

Plan plan_of(const Shape& x, const ListView& list, bool noop) {
  std::array<bool, kMaxRank> is_reduced{};
  is_reduced.fill(list.empty() && !noop);
  for (std::int64_t i = 0; i < list.size(); ++i) {
    const std::int64_t axis = list[i] < 0 ? list[i] + x.rank() : list[i];
    is_reduced[static_cast<std::size_t>(axis)] = true;
  }
  Plan plan;
  for (int first = 0; first < x.rank();) {
    const bool reduced = is_reduced[static_cast<std::size_t>(first)];
    int last = first + 1;
    while (last < x.rank() && is_reduced[static_cast<std::size_t>(last)] == reduced) ++last;
    const std::int64_t size = x.elements(first, last);
    if (reduced) plan.averaged *= size;
    if (!reduced && last == x.rank()) {
      plan.run = size;
    } else {
      (reduced ? plan.reduced : plan.kept).append(size, x.elements(last, x.rank()));
    }
    first = last;
  }
  return plan;
}

template <typename T>
T mean(Accumulator<T> sum, std::int64_t count) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(sum / static_cast<double>(count));
  } else {
    return static_cast<T>(static_cast<std::int64_t>(sum) / count);
  }
}

template <typename T>
void average(Plan plan, const T* x, T* y) {
  // Sums are taken for up to this many neighbouring outputs at a time, so that x is read in order.
  constexpr std::int64_t kBlock = 64;
  std::array<Accumulator<T>, kBlock> sums;
  std::int64_t outer = 0;
  do {
    for (std::int64_t begin = 0; begin < plan.run; begin += kBlock) {
      const std::int64_t count = std::min(kBlock, plan.run - begin);
      sums.fill(0);
      std::int64_t offset = outer + begin;
      do {
        for (std::int64_t i = 0; i < count; ++i) {
          sums[static_cast<std::size_t>(i)] += static_cast<Accumulator<T>>(x[offset + i]);
        }
      } while (plan.reduced.advance(offset));
      for (std::int64_t i = 0; i < count; ++i) *y++ = mean<T>(sums[static_cast<std::size_t>(i)], plan.averaged);
    }
  } while (plan.kept.advance(outer));
}

Status compute(const ComputeContext& context) {
  if (context.outputs[0].type.shape.elements() == 0) return {};
  const bool noop = context.opset >= kAxesInputSince && context.attributes.get_int("noop_with_empty_axes", 0) != 0;
  const Plan plan = plan_of(context.inputs[0].type.shape, ListView(context, "axes", 1, kAxesInputSince), noop);
  return dispatch(ReduceTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    average(plan, context.inputs[0].as<T>(), context.outputs[0].as<T>());
    return {};
  });
}

}  // namespace

extern const Operator kReduceMeanOperator{"", "ReduceMean", 7, 23, "axes must be constant", infer, compute};

}  // namespace kite
