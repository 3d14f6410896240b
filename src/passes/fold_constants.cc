// SPDX-License-Identifier: Apache-2.0
// Computes, once, every node that depends on constants only.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/checked.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/fold.h"
#include "passes/match.h"
#include "passes/passes.h"

namespace kite {

namespace {

// A folded result is kept in memory for the model's life. Small results are always folded. A larger result must not
// have more than 4 times the bytes of its inputs: so `Expand` of a scalar stays an operator, while weights may be
// permuted, and 8-bit weights may become float32.
constexpr std::int64_t kMostGrowth = 4;
constexpr std::int64_t kAlwaysFoldedBytes = std::int64_t{1} << 16;

Checked bytes_of(const Graph& graph, const std::vector<ValueId>& values) {
  Checked total = 0;
  for (const ValueId id : values) {
    if (id != kNoValue) total += graph.value(id).type->size_bytes();
  }
  return total;
}

// The Transpose of a matrix that only products read, as their right operand. It is not folded: to_linear reads the
// matrix in either order.
bool is_taken_untouched(const Graph& graph, const Node& node) {
  if (!is_op(node, "Transpose") || shape_of(graph, node.inputs.front()).rank() != 2) return false;
  return std::ranges::all_of(graph.consumers(node.outputs.front()), [&](NodeId reader) {
    const Node& product = graph.node(reader);
    return (is_op(product, "MatMul") || is_op(product, "Gemm")) && product.inputs[1] == node.outputs.front() &&
           product.inputs[0] != node.outputs.front() && shape_of(graph, product.inputs[0]).rank() >= 2;
  });
}

// `dequantises`: weights in 8 bits become float32, too.
Result<int> fold_all(Graph& graph, bool dequantises) {
  int folded = 0;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (is_taken_untouched(graph, node) || (!dequantises && node.op_type == "DequantizeLinear")) continue;
    const std::int64_t limit = std::max(kAlwaysFoldedBytes, (bytes_of(graph, node.inputs) * kMostGrowth).capped());
    const ValueId output = node.outputs.front();
    auto dequantised = dequantisation_of(graph, node);
    KITE_TRY_ASSIGN(const bool done, fold_node(graph, id, limit));
    folded += done ? 1 : 0;
    if (done && graph.is_constant(output)) graph.value(output).dequantised = std::move(dequantised);
  }
  return folded;
}

}  // namespace

Result<int> fold_constants(Graph& graph) { return fold_all(graph, false); }
Result<int> fold_dequantised(Graph& graph) { return fold_all(graph, true); }

}  // namespace kite
