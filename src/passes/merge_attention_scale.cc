// SPDX-License-Identifier: Apache-2.0
// Attention divides its scores by a constant. Exporters write this as a factor of both operands of the product
// or of its result: MatMul(q*s, k*s) or MatMul(q, k)*s. This pass merges the factors into one multiplication
// of the left operand.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

std::int64_t elements(const Graph& graph, ValueId id) { return shape_of(graph, id).elements(); }

// The constant factor of an operand that has no other reader.
std::optional<Scaled> own_factor(const Graph& graph, ValueId operand) {
  return sole_reader(graph, operand) == kNoNode ? std::nullopt : as_scaled(graph, operand);
}

// The product with a constant that is the only reader of the MatMul's result, when scaling the left
// operand is less work.
NodeId scale_behind(const Graph& graph, const Node& product, double& factor) {
  const NodeId reader = sole_reader(graph, product.outputs[0]);
  if (reader == kNoNode) return kNoNode;
  const ValueId result = graph.node(reader).outputs[0];
  const auto scaled = as_scaled(graph, result);
  if (!scaled || scaled->x != product.outputs[0]) return kNoNode;
  if (elements(graph, product.inputs[0]) >= elements(graph, result)) return kNoNode;
  factor = scaled->factor;
  return reader;
}

Result<bool> rewrite_scale(Graph& graph, NodeId id) {
  const Node& product = graph.node(id);
  if (graph.is_constant(product.inputs[0]) || graph.is_constant(product.inputs[1])) return false;
  const auto left = own_factor(graph, product.inputs[0]);
  auto right = own_factor(graph, product.inputs[1]);
  if (right && !left && elements(graph, product.inputs[0]) > elements(graph, right->x)) right.reset();
  double behind = 1;
  const NodeId last = scale_behind(graph, product, behind);
  if (!right && last == kNoNode) return false;

  const double factor = (left ? left->factor : 1) * (right ? right->factor : 1) * behind;
  const ValueId x = left ? left->x : product.inputs[0];
  const std::string name = graph.value(x).name;
  const ValueId scale =
      add_float_constant(graph, name + "_scale", dtype_of(graph, x), Shape{}, std::vector<double>{factor});
  KITE_TRY_ASSIGN(const ValueId scaled, add_before(graph, id, make_node("Mul", 14, {x, scale}), name + "_scaled"));
  Node merged = make_node("MatMul", 13, {scaled, right ? right->x : product.inputs[1]});
  merged.name = product.name;
  KITE_TRY(replace_node(graph, last == kNoNode ? id : last, std::move(merged)));
  return true;
}

}  // namespace

Result<int> merge_attention_scale(Graph& graph) {
  int merged = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.removed || !is_op(node, "MatMul") || !is_float(dtype_of(graph, node.inputs[0]))) continue;
    KITE_TRY_ASSIGN(const bool done, rewrite_scale(graph, id));
    merged += done ? 1 : 0;
  }
  if (merged != 0) remove_dead_nodes(graph);
  return merged;
}

}  // namespace kite
