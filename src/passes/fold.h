// SPDX-License-Identifier: Apache-2.0
// Turns a node whose result does not depend on the picture into constants.
#pragma once

#include <cstdint>
#include <span>

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

// Folds a typed node when all of its inputs are constant, or when it only asks for a shape. Returns whether it did.
// 1. The node's outputs become constants, and the node is removed.
// 2. A result that has the elements of the node's input in their order (Reshape, Identity ...), or that lies in the
//    model file (Constant), is a view and costs nothing. Any other result may have at most `limit_bytes`, and at most
//    what is left of the graph's budget.
// 3. A node that makes a graph output stays for it, so that outputs always have a producer; the other readers of its
//    outputs then read new constants.
[[nodiscard]] Result<bool> fold_node(Graph& graph, NodeId id, std::int64_t limit_bytes);

// The same for a node with one output whose inputs are constants or made by `makers`, which read constants and each
// other, in this order. The results of the makers are forgotten: these nodes stay, without a reader.
[[nodiscard]] Result<bool> fold_with_makers(Graph& graph, NodeId id, std::span<const NodeId> makers,
                                            std::int64_t limit_bytes);

// Infers the types of a node's outputs and, where they are numbers that shapes are made of, folds the node.
[[nodiscard]] Status infer_and_fold(Graph& graph, NodeId id);

}  // namespace kite
