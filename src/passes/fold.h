// SPDX-License-Identifier: Apache-2.0
// Turns a node whose result does not depend on the picture into constants.
#pragma once

#include <cstdint>

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

// When every input of the typed node is constant (or it only asks for a shape), its outputs become constants, the
// node goes and the result is true. A result that only renames the elements of its input (Reshape, Identity ...) or
// that lies in the model file (Constant) is a view and costs nothing; anything else may take `limit_bytes`, and what
// is left of the graph's budget.
// A node that makes a graph output stays for it, so that outputs always have a producer; other readers of its outputs
// then read constants of their own.
[[nodiscard]] Result<bool> fold_node(Graph& graph, NodeId id, std::int64_t limit_bytes);

}  // namespace kite
