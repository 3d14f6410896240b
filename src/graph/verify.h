// SPDX-License-Identifier: Apache-2.0
// Checks the invariants that every pass relies on and must leave intact.
#pragma once

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

// Checks: single assignment; topological order, and so no cycles; every value that is read is made by a node or is an
// input or a constant; unique value names; outputs that exist; use lists with every read. kInvalidModel names the first
// value or node that breaks one. Linear and iterative.
[[nodiscard]] Status verify(const Graph& graph);

}  // namespace kite
