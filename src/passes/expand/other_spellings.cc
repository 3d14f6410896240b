// SPDX-License-Identifier: Apache-2.0
// Operators of com.microsoft and of early models that are standard ones by another name, with other inputs, or between
// a DequantizeLinear and a QuantizeLinear.
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/expand/rules.h"

namespace kite {

// The standard operator has this name, these inputs and these attributes, in the version given.
Status expand_same(Expansion& node) {
  struct Standard {
    std::string_view name;
    int opset;
  };
  constexpr Standard kStandard[] = {{"GatherND", 11}, {"GridSample", 16}, {"Trilu", 14}};
  const auto* found = std::ranges::find(kStandard, node.node().op_type, &Standard::name);
  KITE_CHECK(found != std::end(kStandard));
  Node made = node.node();
  made.domain.clear();
  made.opset = found->opset;
  node.give(0, node.add(std::move(made)));
  return {};
}

Status expand_expand_dims(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 2));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> axes, node.constant_ints(1, "axis"));
  node.give(0, node.add("Unsqueeze", 13, {node.in(0), node.integers(axes)}));
  return {};
}

// The pads may be a matrix of one row, and the value a list of one number.
Status expand_pad(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 3));
  KITE_TRY_ASSIGN(const std::string mode, node.get_string("mode", "constant"));
  const ValueId pads = node.shape(1).rank() == 1 ? node.in(1) : node.reshaped(node.in(1), {node.shape(1).elements()});
  const ValueId value = !node.has_input(2) || node.shape(2).rank() == 0 ? node.in(2) : node.reshaped(node.in(2), {});
  node.give(0, node.add("Pad", 13, {node.in(0), pads, value}, {{"mode", mode}}));
  return {};
}

Status expand_range(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 3));
  ValueId step = node.in(2);
  if (step == kNoValue) {
    // 1 of the type that the limits have.
    Tensor one(node.input(0).dtype, Shape{});
    switch (one.dtype()) {
      case DType::kFloat32: *one.as<float>() = 1; break;
      case DType::kFloat64: *one.as<double>() = 1; break;
      case DType::kInt32: *one.as<std::int32_t>() = 1; break;
      case DType::kInt64: *one.as<std::int64_t>() = 1; break;
      default: return node.unsupported("limits of type " + std::string(dtype_name(one.dtype())));
    }
    step = node.add_constant("step", std::move(one));
  }
  node.give(0, node.add("Range", 11, {node.in(0), node.in(1), step}));
  return {};
}

// border: what is cut from the left, the top, the right and the bottom; with `scale`, the height and width that are
// kept from the left and top border on.
Status expand_crop(Expansion& node) {
  KITE_TRY(node.require_inputs(1, 1));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> border, node.get_ints("border"));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> scale, node.get_ints("scale"));
  const Shape& x = node.shape(0);
  if (x.rank() != 4 || border.size() != 4 || (!scale.empty() && scale.size() != 2)) {
    return node.invalid("expected pictures [N,C,H,W], four borders and a height and width or none");
  }
  const auto is_inside = [](std::int64_t part, std::int64_t whole) { return part >= 0 && part <= whole; };
  const std::int64_t left = border[0], top = border[1];
  bool is_sound = is_inside(left, x[3]) && is_inside(border[2], x[3]) && is_inside(top, x[2]) &&
                  is_inside(border[3], x[2]) &&
                  (scale.empty() || (is_inside(scale[0], x[2]) && is_inside(scale[1], x[3])));
  const std::int64_t bottom = !is_sound ? 0 : scale.empty() ? x[2] - border[3] : top + scale[0];
  const std::int64_t right = !is_sound ? 0 : scale.empty() ? x[3] - border[2] : left + scale[1];
  is_sound = is_sound && top < bottom && bottom <= x[2] && left < right && right <= x[3];
  if (!is_sound) return node.invalid("nothing of the pictures " + x.to_string() + " lies inside the borders");
  node.give(0,
            node.add("Slice", 13,
                     {node.in(0), node.integers({top, left}), node.integers({bottom, right}), node.integers({2, 3})}));
  return {};
}

// The standard operator between two Transposes where the pictures are channels-last.
Status expand_qlinear_conv(Expansion& node) {
  KITE_TRY(node.require_inputs(8, 9));
  KITE_TRY_ASSIGN(const std::int64_t channels_last, node.get_int("channels_last", 0));
  Node made = node.node();
  made.domain.clear();
  made.opset = 10;
  made.attributes.erase("channels_last");
  if (channels_last == 0) return node.give(0, node.add(std::move(made))), Status{};
  const int rank = node.shape(0).rank();
  if (rank < 3) return node.invalid("the input has shape " + node.shape(0).to_string() + ", expected [N,...,C]");
  std::vector<std::int64_t> there = {0, rank - 1};
  std::vector<std::int64_t> back = {0};
  for (int axis = 1; axis < rank - 1; ++axis) there.push_back(axis);
  for (int axis = 2; axis < rank; ++axis) back.push_back(axis);
  back.push_back(1);
  made.inputs[0] = node.transposed(node.in(0), there);
  node.give(0, node.transposed(node.add(std::move(made)), back));
  return {};
}

namespace {

// Inputs i to i + 2 are 8-bit numbers, their scale and their zero point.
ValueId real(Expansion& node, int i) {
  return node.add("DequantizeLinear", 13, {node.in(i), node.in(i + 1), node.in(i + 2)});
}
ValueId quantized(Expansion& node, ValueId x, int scale) {
  return node.add("QuantizeLinear", 13, {x, node.in(scale), node.in(scale + 1)});
}

}  // namespace

Status expand_qlinear_reduce_mean(Expansion& node) {
  KITE_TRY(node.require_inputs(4, 5));
  KITE_TRY_ASSIGN(const std::vector<std::int64_t> axes, node.get_ints("axes"));
  KITE_TRY_ASSIGN(const std::int64_t keepdims, node.get_int("keepdims", 1));
  const ValueId mean = node.add("ReduceMean", 13, {real(node, 0)}, {{"axes", axes}, {"keepdims", keepdims}});
  node.give(0, quantized(node, mean, 3));
  return {};
}

Status expand_qlinear_where(Expansion& node) {
  KITE_TRY(node.require_inputs(9, 9));
  node.give(0, quantized(node, node.add("Where", 9, {node.in(0), real(node, 1), real(node, 4)}), 7));
  return {};
}

}  // namespace kite
