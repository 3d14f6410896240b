// SPDX-License-Identifier: Apache-2.0
// A graph as text: stable, one line a node, for tests of passes and for people.
#pragma once

#include <string>

#include "graph/graph.h"

namespace kite {

// input %x: float32[batch,3,224,224]
// const axes: int64[2] = {2,3}
// %y: float32[1,32,1,1] = ReduceMean-18(%x, axes) {keepdims=1}  # layer1/pool
// return %y
//
// %name is computed, a bare name is a constant, - is left out, ? is a type not yet known. Only constants that are read
// are listed, in the order of their first reader; their elements are shown up to eight. Attributes are sorted by
// name. An operator of another domain is written domain.Name-version.
[[nodiscard]] std::string dump(const Graph& graph);

// One node's line, without the line break.
[[nodiscard]] std::string dump_node(const Graph& graph, NodeId id);

}  // namespace kite
