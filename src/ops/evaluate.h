// SPDX-License-Identifier: Apache-2.0
// Runs operators through their portable implementation: one node, or a whole graph as the judge of values.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.h"
#include "ops/op.h"

namespace kite {

// Looks the operator up, checks its opset range, and sets the types of the node's outputs from its inputs.
[[nodiscard]] Status infer_node(Graph& graph, NodeId id);

// What computing a typed node takes: bytes of its outputs; elements that it reads and writes, and multiply-adds. The
// largest number where a sum overflows.
struct NodeCost {
  std::int64_t bytes = 0;
  std::int64_t steps = 0;
};
[[nodiscard]] Result<NodeCost> cost_of(Graph& graph, NodeId id);

// What interpret() may hold at one time besides constants and inputs: ViT-L in float64 at batch 8 stays below it.
inline constexpr std::int64_t kInterpretLimitBytes = std::int64_t{4} << 30;

// Computes one node whose output types are known. `inputs` in node order; data == nullptr for left-out ones. Inputs
// may lie unaligned. kLimit, naming the node, when the outputs together exceed `limit_bytes`.
[[nodiscard]] Result<std::vector<Tensor>> evaluate_node(const Graph& graph, NodeId id,
                                                        std::span<const TensorView> inputs, std::int64_t limit_bytes);

// Computes a typed graph node by node, one input tensor per Graph::inputs entry; returns one tensor per output.
// Buffers are freed after their last reader. kInvalidInput names an input that does not fit; kLimit names the node
// whose outputs would bring the live buffers above `limit_bytes`.
[[nodiscard]] Result<std::vector<Tensor>> interpret(const Graph& graph, std::span<const TensorView> inputs,
                                                    std::int64_t limit_bytes = kInterpretLimitBytes);

// Turns every float32 input, constant and Cast target of an untyped-or-typed graph into float64 and forgets inferred
// types, so that infer_types() and interpret() then give the double oracle. To be called before float32 constants are
// folded: what was rounded once stays rounded.
[[nodiscard]] Status promote_to_float64(Graph& graph);

}  // namespace kite
