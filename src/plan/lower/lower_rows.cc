// SPDX-License-Identifier: Apache-2.0
// Lowers operators that work row by row: normalisations and softmax.
#include "kernels/layer_norm/layer_norm.h"
#include "kernels/softmax/softmax.h"
#include "plan/lower/lowering.h"

namespace kite {

namespace {

bool is_left_out(const Node& node, std::size_t input) {
  return input >= node.inputs.size() || node.inputs[input] == kNoValue;
}

// Mean and InvStdDev, which only training needs.
bool needs_statistics(const Graph& graph, const Node& node) {
  for (std::size_t i = 1; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != kNoValue && graph.use_count(node.outputs[i]) > 0) return true;
  }
  return false;
}

// Whether a parameter has as many elements as a row. infer() has checked that it broadcasts to the row; a smaller one
// is left to the portable operator.
bool covers_row(const Lowering& lowering, ValueId parameter, const Shape& x, int axis) {
  return lowering.shape(parameter).elements() == x.elements(axis, x.rank());
}

Result<bool> lower_layer_norm(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const Shape& x = lowering.shape(node.inputs[0]);
  std::int64_t axis = node.attributes.get_int("axis", -1);
  if (axis < 0) axis += x.rank();
  const auto first = static_cast<int>(axis);
  if (lowering.type(node.inputs[0]).dtype != DType::kFloat32 || x.elements() == 0 ||
      needs_statistics(lowering.graph(), node) || !covers_row(lowering, node.inputs[1], x, first) ||
      (!is_left_out(node, 2) && !covers_row(lowering, node.inputs[2], x, first))) {
    return false;
  }
  const LayerNormParams params{.rows = x.elements(0, first),
                               .channels = x.elements(first, x.rank()),
                               .affine_rows = 1,
                               .run = 1,
                               .epsilon = node.attributes.get_float("epsilon", 1e-5f),
                               .reserved = 0};
  lowering.step(id, kLayerNorm, params,
                {lowering.operand(node.inputs[0]), lowering.operand(node.inputs[1]),
                 lowering.operand(is_left_out(node, 2) ? kNoValue : node.inputs[2])},
                {lowering.operand(node.outputs[0])});
  return true;
}

// A picture's planes of a group of channels are a row. `scales`: how many numbers scale and bias have for a group.
void group_norm_step(Lowering& lowering, NodeId id, std::int64_t groups, std::int64_t scales) {
  const Node& node = lowering.graph().node(id);
  const Shape& x = lowering.shape(node.inputs[0]);
  const std::int64_t channels = x.elements(1, x.rank()) / groups;
  const LayerNormParams params{.rows = x[0] * groups,
                               .channels = channels,
                               .affine_rows = groups,
                               .run = channels / scales,
                               .epsilon = node.attributes.get_float("epsilon", 1e-5f),
                               .reserved = 0};
  lowering.step(id, kLayerNorm, params,
                {lowering.operand(node.inputs[0]), lowering.operand(node.inputs[1]), lowering.operand(node.inputs[2])},
                {lowering.operand(node.outputs[0])});
}

bool is_float_picture(const Lowering& lowering, ValueId x) {
  return lowering.type(x).dtype == DType::kFloat32 && lowering.shape(x).elements() > 0;
}

Result<bool> lower_instance_norm(Lowering& lowering, NodeId id) {
  const ValueId x = lowering.graph().node(id).inputs[0];
  if (!is_float_picture(lowering, x)) return false;
  group_norm_step(lowering, id, lowering.shape(x)[1], 1);
  return true;
}

// Scale and bias have one number for a channel; before opset 21 one for a group.
Result<bool> lower_group_norm(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  if (!is_float_picture(lowering, node.inputs[0])) return false;
  const std::int64_t groups = node.attributes.get_int("num_groups", 1);
  group_norm_step(lowering, id, groups, lowering.shape(node.inputs[1]).elements() / groups);
  return true;
}

// Before opset 13 all axes from `axis` on are one row. From opset 13 on a row is the axis `axis` alone; it must be the
// last axis of a size other than 1.
Result<bool> lower_softmax(Lowering& lowering, NodeId id) {
  const Node& node = lowering.graph().node(id);
  const Shape& x = lowering.shape(node.inputs[0]);
  std::int64_t axis = node.attributes.get_int("axis", node.opset < 13 ? 1 : -1);
  if (axis < 0) axis += x.rank();
  const auto first = static_cast<int>(axis);
  if (lowering.type(node.inputs[0]).dtype != DType::kFloat32 || x.elements() == 0 ||
      (node.opset >= 13 && x.elements(first + 1, x.rank()) != 1)) {
    return false;
  }
  const SoftmaxParams params{x.elements(0, first), x.elements(first, x.rank())};
  lowering.step(id, kSoftmax, params, {lowering.operand(node.inputs[0])}, {lowering.operand(node.outputs[0])});
  return true;
}

constexpr LowerRule kRowRules[] = {{"", "LayerNormalization", lower_layer_norm},
                                   {"", "InstanceNormalization", lower_instance_norm},
                                   {"", "GroupNormalization", lower_group_norm},
                                   {"", "Softmax", lower_softmax}};

}  // namespace

std::span<const LowerRule> row_rules() noexcept { return kRowRules; }

}  // namespace kite
