// SPDX-License-Identifier: Apache-2.0
// Checks the invariants that every pass relies on and must leave intact.
#pragma once

#include "graph/graph.h"
#include "paperkite/error.h"

namespace kite {

// Single assignment, topological order (hence no cycles), no reads of values that nothing makes, unique value names,
// outputs that exist, use lists that know every read. kInvalidModel naming the first offender. Linear and iterative.
[[nodiscard]] Status verify(const Graph& graph);

}  // namespace kite
