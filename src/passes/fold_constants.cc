// SPDX-License-Identifier: Apache-2.0
// Computes, once, every node that depends on constants only.
#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/checked.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/fold.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// A folded result is kept in memory for the model's life. Small results are always folded. A larger result must not
// have more than 4 times the bytes of its inputs: so `Expand` of a scalar stays an operator, while weights may be
// permuted, and 8-bit weights may become float32.
constexpr std::int64_t kMostGrowth = 4;
constexpr std::int64_t kAlwaysFoldedBytes = std::int64_t{1} << 16;

std::int64_t limit_of(Checked input_bytes) {
  return std::max(kAlwaysFoldedBytes, (input_bytes * kMostGrowth).capped());
}

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

// Values that depend on constants only, are too large to be kept, and have one reader, whose result may be small again:
// the network that makes a table of position biases (Swin V2) has thousands of hidden numbers for each number of the
// table. They are computed together with the first small result that depends on them.
class LargeValues {
 public:
  // A node that could not be folded alone. Returns whether it was folded now, together with what it reads.
  Result<bool> visit(Graph& graph, NodeId id) {
    const Node& node = graph.node(id);
    if (node.outputs.size() != 1 || node.inputs.empty()) return false;
    Large made;
    bool reads_large = false;
    for (const ValueId input : node.inputs) {
      if (input == kNoValue) continue;
      if (const auto large = large_.find(input); large != large_.end()) {
        reads_large = true;
        made.source_bytes += large->second.source_bytes;
        made.held_bytes += large->second.held_bytes;
      } else if (graph.is_constant(input)) {
        made.source_bytes += graph.value(input).type->size_bytes();
      } else {
        return false;
      }
    }
    const ValueId output = node.outputs.front();
    const std::int64_t limit = limit_of(made.source_bytes);
    const std::int64_t size_bytes = graph.value(output).type->size_bytes();
    if (size_bytes <= limit && reads_large) return fold_with_makers(graph, id, makers_of(graph, id), limit);
    made.held_bytes += size_bytes;
    if (size_bytes > limit && made.held_bytes.capped() <= kMostHeldBytes && graph.is_read_once(output) &&
        !graph.is_output(output)) {
      large_.try_emplace(output, made);
    }
    return false;
  }

 private:
  static constexpr std::int64_t kMostHeldBytes = std::int64_t{1} << 25;
  struct Large {
    Checked source_bytes = 0;  // of the constants that it depends on
    Checked held_bytes = 0;    // of all large values that must be computed for it, with itself
  };

  // Each before its reader. Since a large value has one reader, they are a tree.
  [[nodiscard]] std::vector<NodeId> makers_of(const Graph& graph, NodeId id) const {
    std::vector<NodeId> found;
    std::vector<NodeId> open{id};
    while (!open.empty()) {
      const NodeId next = open.back();
      open.pop_back();
      for (const ValueId input : graph.node(next).inputs) {
        if (!large_.contains(input)) continue;
        open.push_back(graph.value(input).producer);
        found.push_back(open.back());
      }
    }
    std::ranges::reverse(found);
    return found;
  }

  std::unordered_map<ValueId, Large> large_;
};

// `dequantises`: weights in 8 bits become float32, too.
Result<int> fold_all(Graph& graph, bool dequantises) {
  int folded = 0;
  bool has_dead = false;
  LargeValues large;
  for (const NodeId id : graph.order()) {
    const Node& node = graph.node(id);
    if (is_taken_untouched(graph, node) || (!dequantises && node.op_type == "DequantizeLinear")) continue;
    const std::int64_t limit = limit_of(bytes_of(graph, node.inputs));
    const ValueId output = node.outputs.front();
    auto dequantised = dequantisation_of(graph, node);
    KITE_TRY_ASSIGN(const bool done, fold_node(graph, id, limit));
    bool done_together = false;
    if (!done) {
      KITE_TRY_ASSIGN(done_together, large.visit(graph, id));
    }
    folded += done || done_together ? 1 : 0;
    has_dead = has_dead || done_together;
    if (done && graph.is_constant(output)) graph.value(output).dequantised = std::move(dequantised);
  }
  if (has_dead) remove_dead_nodes(graph);
  return folded;
}

}  // namespace

Result<int> fold_constants(Graph& graph) { return fold_all(graph, false); }
Result<int> fold_dequantised(Graph& graph) { return fold_all(graph, true); }

}  // namespace kite
