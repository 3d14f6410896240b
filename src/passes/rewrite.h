// SPDX-License-Identifier: Apache-2.0
// Changes that passes make to a graph: every node that is added is typed at once, and values keep their ids and names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "ops/window.h"
#include "paperkite/error.h"

namespace kite {

// A node without outputs yet; `opset` is the version of its domain whose form it has.
[[nodiscard]] Node make_node(std::string_view op_type, int opset, std::vector<ValueId> inputs);
// The same in the domain of operators that only passes create.
[[nodiscard]] Node make_internal(std::string_view op_type, std::vector<ValueId> inputs);

// Places a node with one output right before `anchor` and returns that output.
[[nodiscard]] Result<ValueId> add_before(Graph& graph, NodeId anchor, Node node, std::string output_name);

// Puts `node` in the place of `old`: it makes the outputs that `old` made, under the same ids, names and types.
[[nodiscard]] Result<NodeId> replace_node(Graph& graph, NodeId old, Node node);

// Every reader of output 0 of the node reads `source` instead, and the node is removed. Returns false and changes
// nothing where a graph output would then be a graph input, a constant or another graph output.
bool bypass(Graph& graph, NodeId id, ValueId source);

// Removes every node none of whose outputs is read, and those that only they read. Returns how many.
int remove_dead_nodes(Graph& graph);

// A Reshape of `source` to `shape` before `anchor`; `source` itself when it has that shape.
[[nodiscard]] Result<ValueId> reshape_before(Graph& graph, NodeId anchor, ValueId source, const Shape& shape);

// The node for Reshape(source) to `shape`, for replace_node.
[[nodiscard]] Node make_reshape(Graph& graph, ValueId source, const Shape& shape);
// The node for Transpose(source, perm).
[[nodiscard]] Node make_transpose(ValueId source, const std::vector<int>& perm);

// States strides, pads and dilations as numbers, also where the node left its pads to auto_pad.
void set_window(Node& node, const Window& window);

}  // namespace kite
