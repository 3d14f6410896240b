// SPDX-License-Identifier: Apache-2.0
// Removes what no output of the model depends on.
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

Result<int> remove_dead(Graph& graph) { return remove_dead_nodes(graph); }

}  // namespace kite
