// SPDX-License-Identifier: Apache-2.0
// The parts of import that concern single nodes: their attributes, and Constant nodes as constants.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "graph/graph.h"
#include "onnx/external_data.h"
#include "onnx/model.h"
#include "paperkite/error.h"

namespace kite {

// "ai.onnx" is another spelling of "".
[[nodiscard]] std::string_view normal_domain(std::string_view domain);

// "where" text for errors about a node that is not in a Graph yet; as Graph::describe says it.
[[nodiscard]] std::string describe_node(const onnx::Node& node);

// Reads each tensor of the file once, however often a function that holds it is called. The graph owns what the file
// does not hold in the form that is needed.
class TensorReader {
 public:
  TensorReader(Graph& owner, onnx::ExternalFiles& files) : owner_(owner), files_(files) {}
  [[nodiscard]] Result<TensorView> read(const onnx::TensorProto& tensor);
  [[nodiscard]] Result<TensorView> read(const onnx::SparseTensorProto& tensor);
  [[nodiscard]] Graph& owner() noexcept { return owner_; }

 private:
  Graph& owner_;
  onnx::ExternalFiles& files_;
  std::unordered_map<const void*, TensorView> known_;
};

// What the attributes of a function are in one call, by name.
using AttributeBinding = std::unordered_map<std::string_view, const onnx::Attribute*>;

// The attributes of a node with their names, where those that refer to an attribute of the function around are replaced
// by its value in this call, or left out where the call has none. `binding` is null outside functions, where nothing
// may be referred to.
using NamedAttributes = std::vector<std::pair<std::string_view, const onnx::Attribute*>>;
[[nodiscard]] Result<NamedAttributes> resolve_attributes(const onnx::Node& node, const AttributeBinding* binding,
                                                         const Budget& budget);

// Names are unique, declared types and stored values agree. Graphs are left out: import_body.h is for them. Other
// values that Attribute cannot hold become the string "<unsupported>", which every typed lookup refuses.
[[nodiscard]] Result<Attributes> import_attributes(const onnx::Node& node, const NamedAttributes& named,
                                                   TensorReader& tensors);

// The value of a Constant node of the default domain, owned by the graph or a view into the file.
[[nodiscard]] Result<TensorView> import_constant(const onnx::Node& node, const NamedAttributes& named,
                                                 TensorReader& tensors);

}  // namespace kite
