// SPDX-License-Identifier: Apache-2.0
// Operators that treat all positions in the same way, and Concat: all operands must have one layout.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ops/evaluate.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/forms.h"
#include "passes/match.h"
#include "passes/move_transposes/rules.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// A permuted constant is a copy. Position embeddings have 0.6 MB; weights are not operands of these operators.
constexpr std::int64_t kPermutedConstantBytes = std::int64_t{1} << 24;

// `shape` with leading ones up to `rank`, as broadcasting reads it.
Result<Shape> expanded(const Shape& shape, std::size_t rank) {
  std::vector<std::int64_t> dims(rank - static_cast<std::size_t>(shape.rank()), 1);
  dims.insert(dims.end(), shape.dims().begin(), shape.dims().end());
  return Shape::make(dims);
}

// Whether operand `id` of a node whose result is Transpose(.., perm) can be read in the layout before that Transpose
// without moving elements at run time.
bool can_undo(const Graph& graph, ValueId id, const Perm& perm) {
  if (id == kNoValue) return true;
  const Shape& shape = shape_of(graph, id);
  if (static_cast<std::size_t>(shape.rank()) > perm.size()) return false;
  if (shape.elements() == 1) return true;
  if (const auto transposed = as_transposed(graph, id); transposed && transposed->perm == perm) return true;
  const auto full = expanded(shape, perm.size());
  if (!full.ok()) return false;
  if (moves_only_units(*full, inverse(perm))) return true;
  const std::int64_t bytes = graph.value(id).type->size_bytes();
  return graph.is_constant(id) && bytes <= kPermutedConstantBytes && may_copy(graph, bytes);
}

// The operand in that layout; can_undo() must have returned true.
Result<ValueId> undone(Graph& graph, NodeId anchor, ValueId id, const Perm& perm) {
  if (id == kNoValue) return id;
  if (const auto transposed = as_transposed(graph, id); transposed && transposed->perm == perm) {
    return transposed->source;
  }
  if (shape_of(graph, id).elements() == 1) return id;
  KITE_TRY_ASSIGN(const Shape full, expanded(shape_of(graph, id), perm.size()));
  const Perm back = inverse(perm);
  KITE_TRY_ASSIGN(const Shape shape, permuted_shape(full, back));
  if (!graph.is_constant(id)) return reshape_before(graph, anchor, id, shape);
  const ValueId wide = constant_as(graph, id, full);
  if (moves_only_units(full, back)) return constant_as(graph, wide, shape);
  return graph.add_constant(graph.value(id).name + "_permuted", permuted(*graph.value(wide).constant, back));
}

// The layout to compute in: the layout of the largest transposed operand, when it has the result's rank.
std::optional<Perm> common_perm(const Graph& graph, const Node& node) {
  std::optional<Perm> perm;
  std::int64_t largest = -1;
  for (const ValueId id : node.inputs) {
    auto transposed = id == kNoValue ? std::nullopt : as_transposed(graph, id);
    const std::int64_t elements = transposed ? shape_of(graph, id).elements() : 0;
    if (!transposed || elements <= largest) continue;
    largest = elements;
    perm = std::move(transposed->perm);
  }
  const int rank = shape_of(graph, node.outputs[0]).rank();
  if (!perm || perm->size() != static_cast<std::size_t>(rank)) return std::nullopt;
  const bool possible = std::ranges::all_of(node.inputs, [&](ValueId id) { return can_undo(graph, id, *perm); });
  return possible ? perm : std::nullopt;
}

Result<Node> in_layout(Graph& graph, NodeId id, const Perm& perm) {
  Node moved = graph.node(id);
  for (ValueId& input : moved.inputs) {
    KITE_TRY_ASSIGN(input, undone(graph, id, input, perm));
  }
  return moved;
}

}  // namespace

Result<bool> move_through_elementwise(Graph& graph, NodeId id) {
  const auto perm = common_perm(graph, graph.node(id));
  if (!perm) return false;
  KITE_TRY_ASSIGN(Node moved, in_layout(graph, id, *perm));
  return replace_transposed(graph, id, std::move(moved), *perm);
}

namespace {

// `joined` says which inputs are joined; the others are numbers.
template <typename Joined>
Result<bool> move_concat(Graph& graph, NodeId id, Joined joined) {
  const auto perm = common_perm(graph, graph.node(id));
  if (!perm) return false;
  const std::vector<ValueId>& inputs = graph.node(id).inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (joined(i) && static_cast<std::size_t>(shape_of(graph, inputs[i]).rank()) != perm->size()) return false;
  }
  KITE_TRY_ASSIGN(Node moved, in_layout(graph, id, *perm));
  const int axis = from_front(moved.attributes.get_int("axis", 0), static_cast<int>(perm->size()));
  moved.attributes.set("axis", std::int64_t{(*perm)[static_cast<std::size_t>(axis)]});
  return replace_transposed(graph, id, std::move(moved), *perm);
}

}  // namespace

Result<bool> move_through_concat(Graph& graph, NodeId id) {
  return move_concat(graph, id, [](std::size_t) { return true; });
}

// y_scale, y_zero, then x, x_scale, x_zero of each tensor.
Result<bool> move_through_quantised_concat(Graph& graph, NodeId id) {
  return move_concat(graph, id, [](std::size_t i) { return i % 3 == 2; });
}

Result<bool> move_through_quantize(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const bool one_scale =
      shape_of(graph, node.inputs[1]).elements() == 1 && node.attributes.get_int("block_size", 0) == 0;
  return one_scale ? move_through_elementwise(graph, id) : Result<bool>(false);
}

// Its scale and zero point do not depend on the order of x.
Result<bool> move_through_dynamic_quantize(Graph& graph, NodeId id) {
  Node moved = graph.node(id);
  const auto transposed = as_transposed(graph, moved.inputs[0]);
  if (!transposed) return false;
  const ValueId y = moved.outputs[0];
  moved.inputs[0] = transposed->source;
  moved.outputs[0] = graph.add_value(graph.value(y).name + "_moved");
  Node back = make_transpose(moved.outputs[0], transposed->perm);
  back.name = moved.name;
  back.outputs = {y};
  graph.remove(id);
  KITE_TRY(infer_node(graph, graph.insert_before(id, std::move(moved))));
  KITE_TRY(infer_node(graph, graph.insert_before(id, std::move(back))));
  return true;
}

}  // namespace kite
