// SPDX-License-Identifier: Apache-2.0
// Normalisations of com.microsoft, most of them with a residual sum in front.
#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/expand/rules.h"

namespace kite {

namespace {

constexpr float kSkipEpsilon = 1e-12F;
constexpr float kGroupEpsilon = 1e-5F;

ValueId layer_normalized(Expansion& node, ValueId x, ValueId scale, ValueId bias, float epsilon) {
  return node.add("LayerNormalization", 17, {x, scale, bias}, {{"epsilon", epsilon}});
}

// x / sqrt(mean(x^2) + epsilon) * scale over axes [axis, rank)
ValueId rms_normalized(Expansion& node, ValueId x, ValueId scale, float epsilon, std::int64_t axis) {
  return node.add("RMSNormalization", 23, {x, scale}, {{"axis", axis}, {"epsilon", epsilon}});
}

}  // namespace

Status expand_simplified_layer_normalization(Expansion& node) {
  KITE_TRY(node.require_inputs(2, 2));
  KITE_TRY_ASSIGN(const float epsilon, node.get_float("epsilon", 1e-5F));
  KITE_TRY_ASSIGN(const std::int64_t axis, node.get_int("axis", -1));
  node.give(0, rms_normalized(node, node.in(0), node.in(1), epsilon, axis));
  return {};
}

// Inputs: x, skip, scale, bias of the normalisation, bias of the sum. Output 3 is the sum.
Status expand_skip_layer_normalization(Expansion& node) {
  KITE_TRY(node.require_inputs(3, 5));
  KITE_TRY_ASSIGN(const float epsilon, node.get_float("epsilon", kSkipEpsilon));
  const ValueId sum = node.plus(node.plus(node.in(0), node.in(1)), node.in(4));
  node.give(0, layer_normalized(node, sum, node.in(2), node.in(3), epsilon));
  node.give(3, sum);
  return {};
}

// Inputs: x, skip, scale, bias of the sum.
Status expand_skip_simplified_layer_normalization(Expansion& node) {
  KITE_TRY(node.require_inputs(3, 4));
  KITE_TRY_ASSIGN(const float epsilon, node.get_float("epsilon", kSkipEpsilon));
  const ValueId sum = node.plus(node.plus(node.in(0), node.in(1)), node.in(3));
  node.give(0, rms_normalized(node, sum, node.in(2), epsilon, -1));
  node.give(3, sum);
  return {};
}

// Inputs: word ids [B,S], segment ids, tables of words, positions and segments, scale, bias, mask [B,S], position ids.
// Outputs: the normalised sum, the number of words in each mask, the sum.
Status expand_embed_layer_normalization(Expansion& node) {
  KITE_TRY(node.require_inputs(1, 9));
  for (const int i : {2, 3, 5, 6}) {
    if (!node.has_input(i)) return node.invalid("input " + std::to_string(i) + " must not be left out");
  }
  KITE_TRY_ASSIGN(const float epsilon, node.get_float("epsilon", kSkipEpsilon));
  const Shape& ids = node.shape(0);
  if (ids.rank() != 2) return node.invalid("the ids have shape " + ids.to_string() + ", expected [batch,length]");
  ValueId positions = node.in(8);
  if (positions == kNoValue) {
    if (!node.may_copy(ids[1] * static_cast<std::int64_t>(sizeof ids[1]))) return node.over_limit("its positions");
    std::vector<std::int64_t> counted(static_cast<std::size_t>(ids[1]));
    for (std::size_t i = 0; i < counted.size(); ++i) counted[i] = static_cast<std::int64_t>(i);
    positions = node.reshaped(node.integers(counted), {1, ids[1]});
  }
  ValueId sum =
      node.plus(node.add("Gather", 13, {node.in(2), node.in(0)}), node.add("Gather", 13, {node.in(3), positions}));
  if (node.has_input(1)) sum = node.plus(sum, node.add("Gather", 13, {node.in(4), node.in(1)}));
  node.give(0, layer_normalized(node, sum, node.in(5), node.in(6), epsilon));
  if (node.has_output(1) && node.has_input(7)) {
    node.give(1, node.add("ReduceSum", 13, {node.in(7), node.integers({1})}, {{"keepdims", std::int64_t{0}}}));
  } else if (node.has_output(1)) {
    if (!node.may_copy(ids[0] * static_cast<std::int64_t>(sizeof(std::int32_t))))
      return node.over_limit("its mask index");
    Tensor none(DType::kInt32, Shape{ids[0]});
    std::fill_n(none.as<std::int32_t>(), ids[0], 0);
    node.give(1, node.add_constant("mask_index", std::move(none)));
  }
  node.give(2, sum);
  return {};
}

namespace {

// Of a picture [N,H,W,C], or [N,C,H,W] where channels_last is 0. Activation 1 is SiLU.
Status expand_groups(Expansion& node, ValueId x) {
  KITE_TRY_ASSIGN(const float epsilon, node.get_float("epsilon", kGroupEpsilon));
  KITE_TRY_ASSIGN(const std::int64_t groups, node.get_int("groups", 0));
  KITE_TRY_ASSIGN(const std::int64_t activation, node.get_int("activation", 0));
  KITE_TRY_ASSIGN(const std::int64_t channels_last, node.get_int("channels_last", 1));
  if (activation != 0 && activation != 1) {
    return node.unsupported("attribute 'activation' is " + std::to_string(activation) + ", expected 0 or 1");
  }
  if (channels_last != 0) x = node.transposed(x, {0, 3, 1, 2});
  ValueId y =
      node.add("GroupNormalization", 21, {x, node.in(1), node.in(2)}, {{"num_groups", groups}, {"epsilon", epsilon}});
  if (activation == 1) y = node.add("Mul", 14, {y, node.add("Sigmoid", 13, {y})});
  node.give(0, channels_last != 0 ? node.transposed(y, {0, 2, 3, 1}) : y);
  return {};
}

Status require_picture(const Expansion& node) {
  if (node.shape(0).rank() == 4) return {};
  return node.invalid("the input has shape " + node.shape(0).to_string() + ", expected rank 4");
}

}  // namespace

Status expand_group_norm(Expansion& node) {
  KITE_TRY(node.require_inputs(3, 3));
  KITE_TRY(require_picture(node));
  return expand_groups(node, node.in(0));
}

// Inputs: x, scale, bias of the normalisation, skip [N,H,W,C], [N,1,1,C] or [N,C], bias of the sum. Output 1 is the
// sum.
Status expand_skip_group_norm(Expansion& node) {
  KITE_TRY(node.require_inputs(4, 5));
  KITE_TRY(require_picture(node));
  KITE_TRY_ASSIGN(const std::int64_t channels_last, node.get_int("channels_last", 1));
  if (channels_last == 0) return node.unsupported("pictures with channels first");
  const Shape& skip = node.shape(3);
  const ValueId addend = skip.rank() == 2 ? node.reshaped(node.in(3), {skip[0], 1, 1, skip[1]}) : node.in(3);
  const ValueId sum = node.plus(node.plus(node.in(0), addend), node.in(4));
  node.give(1, sum);
  return expand_groups(node, sum);
}

}  // namespace kite
