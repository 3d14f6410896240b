// SPDX-License-Identifier: Apache-2.0
// Pad: adds (or, where a pad is negative, removes) elements at both ends of axes. Removal comes first: what reflect,
// edge and wrap repeat is what is left.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/axes.h"
#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {
namespace {

constexpr int kInputsSince = 11;
constexpr int kAxesSince = 18;
constexpr int kWrapSince = 19;

enum class Mode : std::uint8_t { kConstant, kReflect, kEdge, kWrap };

std::optional<Mode> mode_named(std::string_view name, int opset) {
  if (name == "constant") return Mode::kConstant;
  if (name == "reflect") return Mode::kReflect;
  if (name == "edge") return Mode::kEdge;
  if (name == "wrap" && opset >= kWrapSince) return Mode::kWrap;
  return std::nullopt;
}

// One axis: pads of the output, and the range [first, first + size) of the input that remains.
struct AxisPads {
  std::int64_t before = 0;
  std::int64_t after = 0;
  std::int64_t first = 0;
  std::int64_t size = 0;
};
using Pads = std::array<AxisPads, kMaxRank>;

// `list` holds the pads before and then those after each axis of `axes` (empty: all axes). The lengths are checked.
// A removal that leaves less than nothing gives a negative size.
Pads resolve(const Shape& shape, const ListView& list, const ListView& axes) {
  Pads pads;
  for (int axis = 0; axis < shape.rank(); ++axis) pads[static_cast<std::size_t>(axis)].size = shape[axis];
  const std::int64_t count = list.size() / 2;
  for (std::int64_t i = 0; i < count; ++i) {
    std::int64_t axis = axes.empty() ? i : axes[i];
    if (axis < 0) axis += shape.rank();
    AxisPads& pad = pads[static_cast<std::size_t>(axis)];
    pad.before = std::max<std::int64_t>(list[i], 0);
    pad.after = std::max<std::int64_t>(list[count + i], 0);
    pad.first = std::max<std::int64_t>(-list[i], 0);
    pad.size -= pad.first + std::max<std::int64_t>(-list[count + i], 0);
  }
  return pads;
}

Result<std::vector<std::int64_t>> checked_list(const InferContext& context,
                                               const std::optional<std::vector<std::int64_t>>& axes) {
  KITE_TRY_ASSIGN(auto list, list_of(context, "pads", 1, kInputsSince));
  if (!list) return context.invalid("'pads' is missing");
  const std::size_t axis_count = axes ? axes->size() : static_cast<std::size_t>(context.shape(0).rank());
  if (list->size() != 2 * axis_count) {
    return context.invalid("'pads' has " + std::to_string(list->size()) + " entries for " + std::to_string(axis_count) +
                           " axes");
  }
  for (const std::int64_t pad : *list) {
    // Sums of an axis and two such pads stay far below 2^63.
    if (pad > kMaxElements || pad < -kMaxElements) {
      return Error{ErrorCode::kLimit, "'pads' holds " + std::to_string(pad), {}, {}};
    }
  }
  return *std::move(list);
}

Status infer(InferContext& context) {
  KITE_TRY(context.require_inputs(context.opset() >= kInputsSince ? 2 : 1, context.opset() >= kAxesSince     ? 4
                                                                           : context.opset() >= kInputsSince ? 3
                                                                                                             : 1));
  KITE_TRY_ASSIGN(const std::string mode_name, context.get_string("mode", "constant"));
  const auto mode = mode_named(mode_name, context.opset());
  if (!mode) return context.invalid("mode '" + mode_name + "' is unknown in opset " + std::to_string(context.opset()));
  if (context.opset() < kInputsSince) {
    KITE_TRY_ASSIGN([[maybe_unused]] const float value, context.get_float("value", 0));
    KITE_TRY(context.require_float(0));
  }
  if (context.has_input(2)) {
    KITE_TRY(context.require_same_dtype(0, 2));
    if (context.shape(2).elements() != 1) return context.invalid("input 'constant_value' must be a scalar");
  }
  std::optional<std::vector<std::int64_t>> axes;
  if (context.has_input(3)) {
    KITE_TRY_ASSIGN(axes, context.constant_ints(3, "axes"));
    KITE_TRY_ASSIGN([[maybe_unused]] const auto normal, normalize_axes(context, *axes, context.shape(0).rank()));
    // An empty list names no axis where ListView takes it for all of them: 'pads' is then empty, so it does not matter.
  }
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> list, checked_list(context, axes));
  const Shape& in = context.shape(0);
  const std::vector<std::int64_t> all_axes;
  const Pads pads = resolve(in, ListView(list), ListView(axes ? *axes : all_axes));
  std::vector<std::int64_t> dims;
  for (int axis = 0; axis < in.rank(); ++axis) {
    const AxisPads& pad = pads[static_cast<std::size_t>(axis)];
    if (pad.size < 0) {
      return context.invalid("'pads' removes more than axis " + std::to_string(axis) + " of shape " + in.to_string() +
                             " has");
    }
    if (pad.size == 0 && *mode != Mode::kConstant && pad.before + pad.after > 0) {
      return context.invalid("mode '" + mode_name + "' has nothing to repeat along axis " + std::to_string(axis) +
                             " of shape " + in.to_string());
    }
    dims.push_back(pad.before + pad.size + pad.after);
  }
  return context.set_output(0, context.input(0).dtype, dims);
}

// Where element `i` of a padded axis, counted from the first kept one, comes from in [0, n).
std::int64_t source_index(Mode mode, std::int64_t i, std::int64_t n) {
  const auto modulo = [](std::int64_t a, std::int64_t b) { return (a % b + b) % b; };
  switch (mode) {
    case Mode::kEdge: return std::clamp<std::int64_t>(i, 0, n - 1);
    case Mode::kWrap: return modulo(i, n);
    case Mode::kReflect: {
      if (n == 1) return 0;
      const std::int64_t at = modulo(i, 2 * (n - 1));  // there and back again, the ends once each
      return at < n ? at : 2 * (n - 1) - at;
    }
    case Mode::kConstant: break;
  }
  return i;
}

// The kept part of the input, at its place in the output.
void copy_kept(const TensorView& x, const MutableTensorView& y, const Pads& pads) {
  const auto in_strides = dense_strides(x.type.shape);
  const auto out_strides = dense_strides(y.type.shape);
  const auto element_size = static_cast<std::int64_t>(dtype_size(x.type.dtype));
  StridedCopy copy;
  std::int64_t in_first = 0;
  std::int64_t out_first = 0;
  for (int axis = 0; axis < x.type.shape.rank(); ++axis) {
    const auto a = static_cast<std::size_t>(axis);
    if (pads[a].size == 0) return;
    in_first += pads[a].first * in_strides[a];
    out_first += pads[a].before * out_strides[a];
    copy.add_axis(pads[a].size, out_strides[a], in_strides[a]);
  }
  strided_copy(copy, dtype_size(x.type.dtype), x.data + in_first * element_size, y.data + out_first * element_size);
}

// Fills the borders from the output itself, last axis first: when an axis is done, its slices with every later axis
// complete exist for all kept indices of the earlier axes, and are copied as whole runs.
void repeat_borders(const MutableTensorView& y, const Pads& pads, Mode mode) {
  const Shape& shape = y.type.shape;
  const auto element_size = static_cast<std::int64_t>(dtype_size(y.type.dtype));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    const AxisPads& pad = pads[static_cast<std::size_t>(axis)];
    const std::int64_t outer = shape.elements(0, axis);
    const std::int64_t run = shape.elements(axis + 1, shape.rank()) * element_size;
    const std::int64_t block = shape[axis] * run;
    const auto fill = [&](std::byte* base, std::int64_t at) {
      const std::int64_t from = pad.before + source_index(mode, at - pad.before, pad.size);
      std::memcpy(base + at * run, base + from * run, static_cast<std::size_t>(run));
    };
    // Outer indices that are still border hold nothing yet; they are overwritten when their own axis comes.
    for (std::int64_t o = 0; o < outer; ++o) {
      for (std::int64_t at = 0; at < pad.before; ++at) fill(y.data + o * block, at);
      for (std::int64_t at = pad.before + pad.size; at < shape[axis]; ++at) fill(y.data + o * block, at);
    }
  }
}

void fill_constant(const ComputeContext& context) {
  const MutableTensorView& y = context.outputs[0];
  std::array<std::byte, sizeof(double)> value{};
  const std::size_t element_size = dtype_size(y.type.dtype);
  if (context.opset < kInputsSince) {
    const float stated = context.attributes.get_float("value", 0);
    const auto wide = static_cast<double>(stated);
    if (y.type.dtype == DType::kFloat32) std::memcpy(value.data(), &stated, sizeof stated);
    if (y.type.dtype == DType::kFloat64) std::memcpy(value.data(), &wide, sizeof wide);
  } else if (context.has_input(2)) {
    std::memcpy(value.data(), context.inputs[2].data, element_size);
  }
  StridedCopy fill;
  fill.add_axis(y.type.shape.elements(), 1, 0);
  strided_copy(fill, element_size, value.data(), y.data);
}

Status compute(const ComputeContext& context) {
  const TensorView& x = context.inputs[0];
  const MutableTensorView& y = context.outputs[0];
  if (y.type.shape.elements() == 0) return {};
  const Mode mode = *mode_named(context.attributes.get_string("mode", "constant"), context.opset);
  // Attributes never held axes, so below opset 18 that list is empty.
  const Pads pads = resolve(x.type.shape, ListView(context, "pads", 1, kInputsSince), ListView(context, "axes", 3, 0));
  if (mode == Mode::kConstant) fill_constant(context);
  copy_kept(x, y, pads);
  if (mode != Mode::kConstant) repeat_borders(y, pads, mode);
  return {};
}

}  // namespace

extern const Operator kPadOperator = {"", "Pad", 7, kLastOpset, "pads and axes must be constant", infer, compute};

}  // namespace kite
