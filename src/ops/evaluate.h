// SPDX-License-Identifier: Apache-2.0
// Runs operators through their portable implementation: one node, or a whole graph as the judge of values.
#pragma once

#include <span>
#include <vector>

#include "graph/graph.h"
#include "ops/op.h"

namespace kite {

// Looks the operator up, checks its opset range, and sets the types of the node's outputs from its inputs.
[[nodiscard]] Status infer_node(Graph& graph, NodeId id);

// Computes one node whose output types are known. `inputs` in node order; data == nullptr for left-out ones.
[[nodiscard]] Result<std::vector<Tensor>> evaluate_node(const Graph& graph, NodeId id,
                                                        std::span<const TensorView> inputs);

// Computes a typed graph node by node, one input tensor per Graph::inputs entry; returns one tensor per output.
// Buffers are freed after their last reader.
[[nodiscard]] Result<std::vector<Tensor>> interpret(const Graph& graph, std::span<const TensorView> inputs);

// Turns every float32 input, constant and Cast target of an untyped-or-typed graph into float64 and forgets inferred
// types, so that infer_types() and interpret() then give the double oracle.
[[nodiscard]] Status promote_to_float64(Graph& graph);

}  // namespace kite
