// SPDX-License-Identifier: Apache-2.0
// A list of nodes of a file becomes a Body: names become ids in scopes, calls of the model's functions become the
// functions' nodes, and graphs in attributes become bodies of their own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/body.h"
#include "graph/function_table.h"
#include "graph/graph.h"
#include "graph/import_node.h"
#include "graph/node_order.h"
#include "onnx/external_data.h"
#include "onnx/model.h"
#include "paperkite/error.h"

namespace kite {

class BodyImporter {
 public:
  // What one function call binds. The root graph is in no call.
  struct Call {
    const Call* caller = nullptr;
    const onnx::Function* function = nullptr;
    const Opsets* opsets = nullptr;
    std::string prefix;        // of the names of its nodes and values: "encoder/layer1/"
    AttributeBinding binding;  // the attributes that its nodes may refer to
    int depth = 1;
  };

  // The names of one list of nodes. A graph sees the names around it; a function sees only its own.
  struct Scope {
    struct Entry {
      ValueId id = kNoValue;
      std::int32_t producer = -1;  // which node of the list makes it
    };
    Scope* outer = nullptr;  // of a graph in an attribute; its values are captured
    Body* body = nullptr;    // that the nodes go to
    const Call* call = nullptr;
    std::unordered_map<std::string_view, Entry> values;
    std::unordered_map<std::string_view, ValueId> wanted;  // ids that named results of a function must have
    std::vector<ValueId> captured;                         // ids of the scope around, one for each captured value
    std::vector<ValueId> captures;                         // their ids here
  };

  // `owner` keeps the tensors, and has the budget.
  BodyImporter(FunctionTable& functions, const Opsets& opsets, onnx::ExternalFiles& files, Graph& owner)
      : functions_(functions), opsets_(opsets), tensors_(owner, files), owner_(owner) {}

  // Initializers, then nodes; graph inputs are declared by the caller between the two.
  [[nodiscard]] Status add_initializers(Scope& scope, const onnx::Graph& graph);
  [[nodiscard]] Status add_nodes(Scope& scope, const std::vector<onnx::Node>& nodes);
  // A new name; kInvalidModel when it is taken or empty. Its id is the next one of the body.
  [[nodiscard]] Status declare(Scope& scope, std::string_view name, std::string where);
  // kNoName where neither the scope nor those around it have the name.
  [[nodiscard]] ValueId find(Scope& scope, std::string_view name);

  static constexpr ValueId kNoName = -2;

 private:
  [[nodiscard]] Status add_initializer(Scope& scope, std::string_view name, Result<TensorView> data);
  [[nodiscard]] Status declare_outputs_of(Scope& scope, const onnx::Node& node, std::int32_t index);
  [[nodiscard]] Result<Dependencies> find_dependencies(Scope& scope, const std::vector<onnx::Node>& nodes);
  [[nodiscard]] const std::vector<std::string_view>& free_names(const onnx::Graph& graph);
  [[nodiscard]] Status add_node(Scope& scope, const onnx::Node& node);
  [[nodiscard]] Status add_call(Scope& scope, const onnx::Node& node, const onnx::Function& function);
  [[nodiscard]] Status bind_call(Scope& scope, const onnx::Node& node, const onnx::Function& function, Call& call);
  [[nodiscard]] Status connect_results(Scope& scope, const onnx::Node& node, Scope& inside);
  [[nodiscard]] Status add_bodies(Scope& scope, const onnx::Node& node, Node& added);
  [[nodiscard]] Result<std::shared_ptr<const Body>> import_body(Scope& scope, const onnx::Graph& graph, Node& holder);
  [[nodiscard]] Result<std::string> scoped(const Scope& scope, std::string_view name);
  [[nodiscard]] bool is_constant_node(const onnx::Node& node) const;
  [[nodiscard]] int opset_of(const Scope& scope, std::string_view domain) const;

  FunctionTable& functions_;
  const Opsets& opsets_;
  TensorReader tensors_;
  Graph& owner_;
  std::unordered_map<const onnx::Graph*, std::vector<std::string_view>> free_names_;
};

}  // namespace kite
