// SPDX-License-Identifier: Apache-2.0
// A graph as text, one line for each node, always the same for the same graph: for tests of passes and for people.
#pragma once

#include <string>

#include "graph/graph.h"

namespace kite {

// input %x: float32[batch,3,224,224]
// const axes: int64[2] = {2,3}
// %y: float32[1,32,1,1] = ReduceMean-18(%x, axes) {keepdims=1}  # layer1/pool
// return %y
//
// %name is a computed value, a name without % is a constant, - is an input or output that is left out, and ? is
// a type that is not yet known. Only constants that are read are listed, in the order of their first reader;
// the elements are shown of those with at most eight. Attributes are sorted by name. An operator of another
// domain is written domain.Name-version.
[[nodiscard]] std::string dump(const Graph& graph);

// The value of an attribute as dump() shows it: [1,1], 0.001, "SAME_UPPER".
[[nodiscard]] std::string attribute_text(const Attribute::Value& value);

// One node's line, without the line break.
[[nodiscard]] std::string dump_node(const Graph& graph, NodeId id);

}  // namespace kite
