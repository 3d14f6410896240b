// SPDX-License-Identifier: Apache-2.0
// Finds hard swish, x * clip(x + 3, 0, 6) / 6, and hard sigmoid, the same without x, as exporters without them write.
#include <optional>
#include <utility>

#include "paperkite/try.h"
#include "passes/forms.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

constexpr double kSixth = 1.0 / 6.0;

// x of clip(x + 3, 0, 6).
ValueId shifted_input(const Graph& graph, const Node& clip) {
  const auto limits = clip_limits(graph, clip);
  if (!limits || limits->low != 0 || limits->high != 6) return kNoValue;
  const NodeId add_id = producer_of(graph, clip.inputs[0], "Add");
  if (add_id == kNoNode) return kNoValue;
  const Node& add = graph.node(add_id);
  for (const std::size_t constant : {std::size_t{1}, std::size_t{0}}) {
    const auto three = scalar_constant(graph, add.inputs[constant]);
    const ValueId x = add.inputs[1 - constant];
    if (three && *three == 3 && graph.value(x).type == graph.value(add.outputs[0]).type) return x;
  }
  return kNoValue;
}

Result<bool> rewrite_clip(Graph& graph, NodeId clip_id) {
  const ValueId x = shifted_input(graph, graph.node(clip_id));
  if (x == kNoValue) return false;
  NodeId sigmoid = kNoNode;
  for (const ProductStep& step : follow_products(graph, graph.node(clip_id).outputs[0], x)) {
    if (!nearly(step.factor, kSixth)) continue;
    if (step.has_x) {
      KITE_TRY(replace_node(graph, step.node, make_node("HardSwish", 14, {x})));
      return true;
    }
    sigmoid = step.node;
  }
  if (sigmoid == kNoNode) return false;
  Node node = make_node("HardSigmoid", 14, {x});
  node.attributes.set("alpha", static_cast<float>(kSixth));
  node.attributes.set("beta", 0.5F);
  KITE_TRY(replace_node(graph, sigmoid, std::move(node)));
  return true;
}

Result<bool> rewrite_hard_sigmoid(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto alpha = static_cast<double>(node.attributes.get_float("alpha", 0.2F));
  const auto beta = static_cast<double>(node.attributes.get_float("beta", 0.5F));
  const NodeId reader = sole_reader(graph, node.outputs[0]);
  if (!nearly(alpha, kSixth) || beta != 0.5 || reader == kNoNode || !is_op(graph.node(reader), "Mul")) return false;
  const ValueId x = node.inputs[0];
  if (other_input(graph.node(reader), node.outputs[0]) != x) return false;
  KITE_TRY(replace_node(graph, reader, make_node("HardSwish", 14, {x})));
  return true;
}

}  // namespace

Result<int> recognise_hard_swish(Graph& graph) {
  int found = 0;
  for (const NodeId id : graph.order()) {
    bool done = false;
    if (is_op(graph.node(id), "Clip")) {
      KITE_TRY_ASSIGN(done, rewrite_clip(graph, id));
    } else if (is_op(graph.node(id), "HardSigmoid")) {
      KITE_TRY_ASSIGN(done, rewrite_hard_sigmoid(graph, id));
    }
    found += done ? 1 : 0;
  }
  if (found != 0) remove_dead_nodes(graph);
  return found;
}

}  // namespace kite
