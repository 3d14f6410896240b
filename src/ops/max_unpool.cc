// SPDX-License-Identifier: Apache-2.0
// MaxUnpool: every element of x goes to the place of the unpooled tensor that its index names; all other places are 0.
// Indices count within the size that the window's attributes give. A larger output_shape holds that tensor in its
// corner.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/checked.h"
#include "ops/axes.h"
#include "ops/dispatch.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {
namespace {

std::int64_t entry(std::span<const std::int64_t> list, std::size_t i, std::int64_t fallback) {
  return i < list.size() ? list[i] : fallback;
}

// The size of each axis that indices count in; -1 for one that overflows or is negative.
std::array<std::int64_t, kMaxRank> unpooled(const Attributes& attributes, const Shape& x) {
  std::array<std::int64_t, kMaxRank> dims{x[0], x[1]};
  const auto kernel = attributes.get_ints("kernel_shape");
  const auto pads = attributes.get_ints("pads");
  const auto rank = static_cast<std::size_t>(x.rank() - 2);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t in = x[static_cast<int>(i) + 2];
    const auto size = (Checked(in - 1) * entry(attributes.get_ints("strides"), i, 1) + kernel[i] - entry(pads, i, 0) -
                       entry(pads, rank + i, 0))
                          .exact();
    dims[i + 2] = in == 0 ? 0 : std::max<std::int64_t>(size.value_or(-1), -1);
  }
  return dims;
}

Status check_lists(const InferContext& context, std::size_t rank) {
  struct Expected {
    const char* name;
    std::size_t count;
    std::int64_t least;
  };
  for (const auto& [name, count, least] :
       {Expected{"kernel_shape", rank, 1}, Expected{"strides", rank, 1}, Expected{"pads", 2 * rank, 0}}) {
    KITE_TRY_ASSIGN(const std::vector<std::int64_t> list, context.get_ints(name));
    const bool may_be_empty = name != std::string_view("kernel_shape");
    if (list.empty() && may_be_empty) continue;
    if (list.size() == count && std::ranges::min(list) >= least) continue;
    return context.invalid("attribute '" + std::string(name) + "' must hold " + std::to_string(count) +
                           " numbers of at least " + std::to_string(least));
  }
  return {};
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(2, 3));
  KITE_TRY(context.require_float(0));
  const Shape& x = context.shape(0);
  if (context.input(1).dtype != DType::kInt64) return context.invalid("input 'I' must be int64");
  if (x.rank() < 3 || context.shape(1) != x) {
    return context.invalid("inputs " + x.to_string() + " and " + context.shape(1).to_string() +
                           " must have one shape with batch, channels and spatial axes");
  }
  KITE_TRY(check_lists(context, static_cast<std::size_t>(x.rank() - 2)));
  const auto inner = unpooled(context.attributes(), x);
  const auto dims = std::span<const std::int64_t>(inner).first(static_cast<std::size_t>(x.rank()));
  if (std::ranges::min(dims) < 0) return context.invalid("the attributes 'pads' and 'strides' leave no output");
  if (!context.has_input(2)) return context.set_output(0, context.input(0).dtype, dims);
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> stated, context.constant_ints(2, "output_shape"));
  bool fits = stated.size() == dims.size();
  for (std::size_t i = 0; fits && i < dims.size(); ++i) fits = stated[i] >= dims[i];
  if (!fits) return context.invalid("input 'output_shape' must be at least the unpooled size on every axis");
  return context.set_output(0, context.input(0).dtype, stated);
}

Status compute(const ComputeContext& context) {
  const Shape& x = context.inputs[0].type.shape;
  const Shape& y = context.outputs[0].type.shape;
  const auto inner = unpooled(context.attributes, x);
  Checked size = 1;
  for (int axis = 0; axis < x.rank(); ++axis) size *= inner[static_cast<std::size_t>(axis)];
  const std::int64_t count = size.capped();
  const auto strides = dense_strides(y);
  return dispatch(FloatTypes{}, context.outputs[0].type.dtype, [&]<typename T>() -> Status {
    T* out = context.outputs[0].as<T>();
    std::fill_n(out, y.elements(), T{0});
    const IndexView indices(context.inputs[1]);
    for (std::int64_t i = 0; i < x.elements(); ++i) {
      std::int64_t rest = indices[i];
      if (rest < 0 || rest >= count) {
        return Error{ErrorCode::kInvalidInput,
                     "index " + std::to_string(rest) + " is outside [0, " + std::to_string(count) + ")",
                     {},
                     {}};
      }
      std::int64_t at = 0;
      for (int axis = x.rank() - 1; axis >= 0; --axis) {
        const auto a = static_cast<std::size_t>(axis);
        at += rest % inner[a] * strides[a];
        rest /= inner[a];
      }
      out[at] = context.inputs[0].as<T>()[i];
    }
    return {};
  });
}

}  // namespace

extern constinit const Operator kMaxUnpoolOperator = {
    "", "MaxUnpool", 9, kLastOpset, "output_shape must be constant", infer, compute};

}  // namespace kite
