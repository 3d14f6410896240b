// SPDX-License-Identifier: Apache-2.0
// The parts of import that concern single nodes: their attributes, and Constant nodes as constants.
#pragma once

#include <string>
#include <string_view>

#include "graph/graph.h"
#include "onnx/external_data.h"
#include "onnx/model.h"
#include "paperkite/error.h"

namespace kite {

// "ai.onnx" is another spelling of "".
[[nodiscard]] std::string_view normal_domain(std::string_view domain);

// "where" text for errors about a node that is not in a Graph yet; as Graph::describe says it.
[[nodiscard]] std::string describe_node(const onnx::Node& node);

// Names are unique, declared types and stored values agree. Sub-graphs and other values that Attribute cannot hold
// become the string "<unsupported>", which every typed lookup refuses.
[[nodiscard]] Result<Attributes> import_attributes(const onnx::Node& node, Graph& graph, onnx::ExternalFiles& files);

// The value of a Constant node of the default domain, owned by the graph or a view into the file.
[[nodiscard]] Result<TensorView> import_constant(const onnx::Node& node, Graph& graph, onnx::ExternalFiles& files);

}  // namespace kite
