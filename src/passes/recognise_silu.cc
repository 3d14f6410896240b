// SPDX-License-Identifier: Apache-2.0
// Finds SiLU, x * sigmoid(x), for which ONNX has no operator before opset 24.
#include "paperkite/try.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

Result<int> recognise_silu(Graph& graph) {
  int found = 0;
  for (const NodeId id : graph.order()) {
    const Node& sigmoid = graph.node(id);
    if (!is_op(sigmoid, "Sigmoid")) continue;
    const ValueId x = sigmoid.inputs[0];
    const NodeId reader = sole_reader(graph, sigmoid.outputs[0]);
    if (reader == kNoNode || !is_op(graph.node(reader), "Mul")) continue;
    if (other_input(graph.node(reader), sigmoid.outputs[0]) != x) continue;
    KITE_TRY(replace_node(graph, reader, make_internal("Silu", {x})));
    graph.remove(id);
    ++found;
  }
  return found;
}

}  // namespace kite
