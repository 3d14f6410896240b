// SPDX-License-Identifier: Apache-2.0
// Turns every chain of operators that only rename dimensions into one Reshape. A Reshape between a Linear and a node
// that could be fused into the Linear is moved before the Linear.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "paperkite/try.h"
#include "passes/forms.h"
#include "passes/match.h"
#include "passes/move_transposes/permutation.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

constexpr std::array<std::string_view, 4> kRenaming = {"Reshape", "Flatten", "Squeeze", "Unsqueeze"};

// A Gather of positions 0, 1, 2 ... to the end of its axis, in any shape. (PyTorch writes as_strided like that.)
bool selects_all_in_order(const Graph& graph, const Node& node) {
  const auto indices = int_constant(graph, node.inputs[1]);
  const Shape& data = shape_of(graph, node.inputs[0]);
  const int axis = from_front(node.attributes.get_int("axis", 0), data.rank());
  if (!indices || static_cast<std::int64_t>(indices->size()) != data[axis]) return false;
  for (std::size_t i = 0; i < indices->size(); ++i) {
    if ((*indices)[i] != static_cast<std::int64_t>(i)) return false;
  }
  return true;
}

// Output 0 holds the elements of input 0 in their order.
bool only_renames(const Graph& graph, const Node& node) {
  if (!node.domain.empty() || node.inputs.empty() || node.inputs[0] == kNoValue) return false;
  if (std::ranges::find(kRenaming, node.op_type) != kRenaming.end()) return true;
  if (node.op_type == "Gather") return selects_all_in_order(graph, node);
  const auto transposed = as_transposed(graph, node.outputs[0]);
  return transposed && moves_only_units(shape_of(graph, transposed->source), transposed->perm);
}

// The value at the start of the chain of renaming operators that ends in `id`. The sweep has already shortened the
// chains before it to one node each, so this loop takes one or two steps.
ValueId start_of_chain(const Graph& graph, ValueId id) {
  while (graph.value(id).producer != kNoNode && only_renames(graph, graph.node(graph.value(id).producer))) {
    id = graph.node(graph.value(id).producer).inputs[0];
  }
  return id;
}

Result<bool> shorten(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const ValueId source = start_of_chain(graph, node.inputs[0]);
  if (graph.value(source).type == graph.value(node.outputs[0]).type && bypass(graph, id, source)) return true;
  if (is_op(node, "Reshape") && node.inputs[0] == source) return false;
  KITE_TRY(replace_node(graph, id, make_reshape(graph, source, shape_of(graph, node.outputs[0]))));
  return true;
}

// Reshape(Linear(x)) that keeps the last axis -> Linear(Reshape(x)).
Result<bool> move_before_linear(Graph& graph, NodeId id) {
  const Node& reshape = graph.node(id);
  const ValueId y = reshape.inputs[0];
  const NodeId linear_id = producer_of(graph, y, "Linear", kInternalDomain);
  const Shape& out = shape_of(graph, reshape.outputs[0]);
  const Shape& in = shape_of(graph, y);
  if (linear_id == kNoNode || sole_reader(graph, y) == kNoNode || out.rank() < 2 || in.elements() == 0 ||
      out[out.rank() - 1] != in[in.rank() - 1] || input_of(graph.node(linear_id), 3) != kNoValue) {
    return false;
  }
  Node linear = graph.node(linear_id);
  const Shape& x = shape_of(graph, linear.inputs[0]);
  std::vector<std::int64_t> dims(out.dims().begin(), out.dims().end());
  dims.back() = x[x.rank() - 1];
  KITE_TRY_ASSIGN(const Shape wanted, Shape::make(dims));
  KITE_TRY_ASSIGN(linear.inputs[0], reshape_before(graph, id, start_of_chain(graph, linear.inputs[0]), wanted));
  KITE_TRY(replace_node(graph, id, std::move(linear)));
  graph.remove(linear_id);
  return true;
}

}  // namespace

Result<int> simplify_reshapes(Graph& graph) {
  int changed = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (node.removed || !only_renames(graph, node)) continue;
    KITE_TRY_ASSIGN(bool done, shorten(graph, id));
    if (!done) {
      KITE_TRY_ASSIGN(done, move_before_linear(graph, id));
    }
    changed += done ? 1 : 0;
  }
  if (changed != 0) remove_dead_nodes(graph);
  return changed;
}

}  // namespace kite
