// SPDX-License-Identifier: Apache-2.0
// Operators that work along some axes: reductions, softmax, layer normalisation, Linear.
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "passes/forms.h"
#include "passes/match.h"
#include "passes/move_transposes/rules.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// perm[i] == i from `first` on.
bool keeps_trailing(const Perm& perm, int first) {
  for (std::size_t i = static_cast<std::size_t>(first); i < perm.size(); ++i) {
    if (perm[i] != static_cast<int>(i)) return false;
  }
  return true;
}

}  // namespace

Result<bool> move_through_reduction(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto transposed = as_transposed(graph, node.inputs[0]);
  const auto axes = reduction_axes(graph, node);
  if (!transposed || !axes || axes->empty()) return false;
  const Perm& perm = transposed->perm;
  std::vector<std::int64_t> moved_axes;
  for (const int axis : *axes) moved_axes.push_back(perm[static_cast<std::size_t>(axis)]);
  std::ranges::sort(moved_axes);

  const std::int64_t keepdims = node.attributes.get_int("keepdims", 1);
  Node moved = make_node(node.op_type, reduction_opset(node), {transposed->source});
  moved.name = node.name;
  moved.attributes.set("axes", moved_axes);
  moved.attributes.set("keepdims", keepdims);
  if (keepdims != 0) return replace_transposed(graph, id, std::move(moved), perm);

  // The remaining axes are numbered without the reduced ones, on both sides of the Transpose.
  Perm rest;
  for (std::size_t i = 0; i < perm.size(); ++i) {
    if (std::ranges::find(*axes, static_cast<int>(i)) != axes->end()) continue;
    const auto gone_before = std::ranges::count_if(moved_axes, [&](std::int64_t axis) { return axis < perm[i]; });
    rest.push_back(perm[i] - static_cast<int>(gone_before));
  }
  return replace_transposed(graph, id, std::move(moved), rest);
}

Result<bool> move_through_softmax(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto transposed = as_transposed(graph, node.inputs[0]);
  if (!transposed || node.opset < 13) return false;
  const int rank = static_cast<int>(transposed->perm.size());
  const int axis = from_front(node.attributes.get_int("axis", -1), rank);
  const int moved_axis = transposed->perm[static_cast<std::size_t>(axis)];
  // Its kernel reads rows.
  if (shape_of(graph, transposed->source).elements(moved_axis + 1, rank) > 1) return false;
  Node moved = node;
  moved.inputs[0] = transposed->source;
  moved.attributes.set("axis", std::int64_t{moved_axis});
  return replace_transposed(graph, id, std::move(moved), transposed->perm);
}

Result<bool> move_through_last_axis(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const auto transposed = as_transposed(graph, node.inputs[0]);
  if (!transposed || transposed->perm.empty() || node.outputs.size() != 1) return false;
  const int rank = static_cast<int>(transposed->perm.size());
  const bool is_norm = is_op(node, "LayerNormalization");
  const int first = is_norm ? from_front(node.attributes.get_int("axis", -1), rank) : rank - 1;
  if (!keeps_trailing(transposed->perm, first)) return false;
  if (!is_norm && input_of(node, 3) != kNoValue) return false;  // the residual may have another layout
  Node moved = node;
  moved.inputs[0] = transposed->source;
  return replace_transposed(graph, id, std::move(moved), transposed->perm);
}

}  // namespace kite
