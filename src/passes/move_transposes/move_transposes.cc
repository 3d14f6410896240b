// SPDX-License-Identifier: Apache-2.0
// Moves every Transpose behind its readers, until it meets its inverse or a node that needs its order. One sweep in
// topological order: when a node is visited, the Transposes before it have been moved already.
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/match.h"
#include "passes/move_transposes/rules.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

struct NamedMove {
  std::string_view op_type;
  std::string_view domain;
  MoveRule rule;
};

constexpr std::array<NamedMove, 26> kMoves = {{
    {"Transpose", "", merge_transposes},
    {"Reshape", "", move_through_reshape},
    {"Flatten", "", move_through_reshape},
    {"Squeeze", "", move_through_reshape},
    {"Unsqueeze", "", move_through_reshape},
    {"Concat", "", move_through_concat},
    {"ReduceL2", "", move_through_reduction},
    {"ReduceMean", "", move_through_reduction},
    {"ReduceSum", "", move_through_reduction},
    {"Softmax", "", move_through_softmax},
    {"LayerNormalization", "", move_through_last_axis},
    {"Linear", kInternalDomain, move_through_last_axis},
    {"Pad", "", move_through_pad},
    {"Resize", "", move_through_resize},
    {"Upsample", "", move_through_resize},
    {"Slice", "", move_through_slice},
    {"Gather", "", move_through_gather},
    {"Silu", kInternalDomain, move_through_elementwise},
    {"QuantizeLinear", "", move_through_quantize},
    {"DequantizeLinear", "", move_through_quantize},
    {"DynamicQuantizeLinear", "", move_through_dynamic_quantize},
    {"QLinearAdd", "com.microsoft", move_through_elementwise},
    {"QLinearMul", "com.microsoft", move_through_elementwise},
    {"QLinearLeakyRelu", "com.microsoft", move_through_elementwise},
    {"QLinearSigmoid", "com.microsoft", move_through_elementwise},
    {"QLinearConcat", "com.microsoft", move_through_quantised_concat},
}};

// Operators whose every output element depends on the operands' elements at the same (broadcast) position.
constexpr std::array<std::string_view, 18> kElementwise = {"Add",  "Cast",        "Clip",      "Div", "Equal", "Erf",
                                                           "Gelu", "HardSigmoid", "HardSwish", "Mod", "Mul",   "Pow",
                                                           "Relu", "Sigmoid",     "Sqrt",      "Sub", "Tanh",  "Where"};
static_assert(std::ranges::is_sorted(kElementwise));

MoveRule find_rule(const Node& node) {
  const auto* found =
      std::ranges::find_if(kMoves, [&](const NamedMove& named) { return is_op(node, named.op_type, named.domain); });
  if (found != kMoves.end()) return found->rule;
  if (!node.domain.empty() || node.outputs.size() != 1) return nullptr;
  return std::ranges::binary_search(kElementwise, std::string_view(node.op_type)) ? move_through_elementwise : nullptr;
}

}  // namespace

Result<bool> replace_transposed(Graph& graph, NodeId old, Node node, const Perm& perm) {
  if (is_identity(perm)) {
    KITE_TRY(replace_node(graph, old, std::move(node)));
  } else {
    const std::string name = graph.value(graph.node(old).outputs[0]).name;
    KITE_TRY_ASSIGN(const ValueId moved, add_before(graph, old, std::move(node), name + "_moved"));
    KITE_TRY(replace_node(graph, old, make_transpose(moved, perm)));
  }
  return true;
}

Result<bool> merge_transposes(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const ValueId x = node.inputs[0];
  const auto first = as_transposed(graph, x);
  const auto second = as_transposed(graph, node.outputs[0]);
  if (!first || !second) return false;
  const Perm perm = composed(first->perm, second->perm);
  if (!is_identity(perm)) {
    KITE_TRY(replace_node(graph, id, make_transpose(first->source, perm)));
  } else if (!bypass(graph, id, first->source)) {
    KITE_TRY(replace_node(graph, id, make_node("Identity", 13, {first->source})));
  }
  return true;
}

Result<int> move_transposes(Graph& graph) {
  int moved = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    const MoveRule rule = node.removed || node.inputs.empty() ? nullptr : find_rule(node);
    if (rule == nullptr) continue;
    KITE_TRY_ASSIGN(const bool done, rule(graph, id));
    moved += done ? 1 : 0;
  }
  if (moved != 0) remove_dead_nodes(graph);
  return moved;
}

}  // namespace kite
