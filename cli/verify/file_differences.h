// SPDX-License-Identifier: Apache-2.0
// What two model files state differently about the same node: its operator, its attributes, its weights.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cli/verify/value_pairs.h"
#include "graph/graph.h"

namespace kite::cli {

struct NodeDifference {
  std::string node;  // as Graph::describe() names it
  // One clause: `attribute "epsilon" is 0.001 here and 1e-05 there`, `weight "w" differs in 1 of 864 elements ...`.
  std::string what;
};

// Nodes are the same where they make a value of `pairs`; other names alone are no difference. Both graphs are as
// imported: "here" is `ours`. `nodes` are of `ours`.
[[nodiscard]] std::vector<NodeDifference> compare_nodes(const Graph& ours, const Graph& theirs, const ValuePairs& pairs,
                                                        std::span<const NodeId> nodes);

}  // namespace kite::cli
