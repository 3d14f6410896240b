// SPDX-License-Identifier: Apache-2.0
// Finds GELU written out: x * 0.5 * (1 + erf(x / sqrt 2)), with its products in any order.
#include <numbers>
#include <optional>

#include "paperkite/try.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// The only reader of erf(...) when it adds 1.
NodeId one_plus(const Graph& graph, ValueId erf) {
  const NodeId reader = sole_reader(graph, erf);
  if (reader == kNoNode || !is_op(graph.node(reader), "Add")) return kNoNode;
  const auto one = scalar_constant(graph, other_input(graph.node(reader), erf));
  return one && *one == 1 ? reader : kNoNode;
}

Result<bool> rewrite_gelu(Graph& graph, NodeId erf_id) {
  const Node& erf = graph.node(erf_id);
  const auto scaled = as_scaled(graph, erf.inputs[0]);
  if (!scaled || !nearly(scaled->factor, 1 / std::numbers::sqrt2)) return false;
  const ValueId x = scaled->x;
  const NodeId sum = one_plus(graph, erf.outputs[0]);
  if (sum == kNoNode || graph.value(graph.node(sum).outputs[0]).type != graph.value(x).type) return false;
  for (const ProductStep& step : follow_products(graph, graph.node(sum).outputs[0], x)) {
    if (!step.has_x || !nearly(step.factor, 0.5)) continue;
    KITE_TRY(replace_node(graph, step.node, make_node("Gelu", 20, {x})));
    return true;
  }
  return false;
}

}  // namespace

Result<int> recognise_gelu(Graph& graph) {
  int found = 0;
  for (const NodeId id : graph.order()) {
    if (!is_op(graph.node(id), "Erf")) continue;
    KITE_TRY_ASSIGN(const bool done, rewrite_gelu(graph, id));
    found += done ? 1 : 0;
  }
  if (found != 0) remove_dead_nodes(graph);
  return found;
}

}  // namespace kite
