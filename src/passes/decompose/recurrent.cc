// SPDX-License-Identifier: Apache-2.0
// Splits RNN, GRU and LSTM: the products of the input with the weights do not wait for each other, so that they are one
// product of matrices for all steps and directions. What follows from step to step stays an operator.
#include <array>
#include <cstdint>
#include <utility>

#include "paperkite/try.h"
#include "passes/decompose/decompose.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

Result<bool> decompose_recurrent(Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  const Shape w = shape_of(graph, node.inputs[1]);
  if (!graph.is_constant(node.inputs[1]) || w.elements() == 0) return false;
  Substitution made(graph, id);
  KITE_TRY_ASSIGN(const ValueId matrix, made.reshape(node.inputs[1], std::array{w[0] * w[1], w[2]}));
  // Not folded: the product reads the matrix in either order.
  KITE_TRY_ASSIGN(const ValueId transposed, made.add(make_transpose(matrix, {1, 0})));
  KITE_TRY_ASSIGN(const ValueId sums, made.add("MatMul", 13, {node.inputs[0], transposed}));
  Node steps = make_internal(node.op_type, node.inputs);
  steps.attributes = node.attributes;
  steps.inputs[0] = sums;
  steps.inputs[1] = kNoValue;
  KITE_TRY(replace_node(graph, id, std::move(steps)));
  return true;
}

}  // namespace kite
