// SPDX-License-Identifier: Apache-2.0
// Looks functions up by domain, name and overload.
#include "graph/function_table.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "graph/import.h"
#include "graph/import_node.h"
#include "paperkite/try.h"

namespace kite {

namespace {

Error bad_import(std::string what) { return Error{ErrorCode::kInvalidModel, std::move(what), {}, {}}; }

}  // namespace

Result<Opsets> read_opsets(const std::vector<onnx::OpsetImport>& imports) {
  Opsets opsets;
  for (const onnx::OpsetImport& import : imports) {
    const std::string_view domain = normal_domain(import.domain);
    if (domain == kInternalDomain) {
      return bad_import("the operator domain " + in_quotes(domain) + " may not be imported by a file");
    }
    const auto [known, is_new] = opsets.try_emplace(domain, import.version);
    if (!is_new && known->second != import.version) {
      return bad_import("the operator domain " + in_quotes(domain) + " is imported in version " +
                        std::to_string(known->second) + " and in version " + std::to_string(import.version));
    }
  }
  return opsets;
}

Status check_opset(std::int64_t version) {
  if (version >= kMinOpset && version <= kMaxOpset) return {};
  return Error{ErrorCode::kUnsupportedModel,
               "opset " + std::to_string(version) + " is not supported",
               {},
               "supported are " + std::to_string(kMinOpset) + " to " + std::to_string(kMaxOpset) +
                   "; export the model with one of them (PyTorch: opset_version=17)"};
}

Status FunctionTable::read(const onnx::Model& model) {
  for (const onnx::Function& function : model.functions) {
    const Key key{normal_domain(function.domain), function.name, function.overload};
    if (functions_.emplace(key, &function).second) continue;
    return Error{ErrorCode::kInvalidModel, "the model defines the function twice",
                 "function " + in_quotes(function.name), "export the model again"};
  }
  return {};
}

const onnx::Function* FunctionTable::find(const onnx::Node& node) const {
  if (functions_.empty()) return nullptr;
  const auto found = functions_.find({normal_domain(node.domain), node.op_type, node.overload});
  return found == functions_.end() ? nullptr : found->second;
}

Result<const Opsets*> FunctionTable::opsets_of(const onnx::Function& function, const Opsets& of_model) {
  if (const auto known = opsets_.find(&function); known != opsets_.end()) return &known->second;
  KITE_TRY_ASSIGN(Opsets opsets, read_opsets(function.opset_imports));
  if (const auto standard = opsets.find(""); standard != opsets.end()) KITE_TRY(check_opset(standard->second));
  opsets.insert(of_model.begin(), of_model.end());
  return &opsets_.emplace(&function, std::move(opsets)).first->second;
}

FunctionTable::Cost FunctionTable::cost_of(const onnx::Function& function) {
  Cost cost;
  cost.names = static_cast<std::int64_t>(function.inputs.size() + function.outputs.size());
  std::vector<const std::vector<onnx::Node>*> open = {&function.nodes};
  while (!open.empty()) {
    const std::vector<onnx::Node>& nodes = *open.back();
    open.pop_back();
    cost.nodes += static_cast<std::int64_t>(nodes.size());
    for (const onnx::Node& node : nodes) {
      cost.names += static_cast<std::int64_t>(node.inputs.size() + node.outputs.size());
      cost.attributes += static_cast<std::int64_t>(node.attributes.size());
      for (const onnx::Attribute& attribute : node.attributes) {
        cost.elements += static_cast<std::int64_t>(attribute.floats.size() + attribute.ints.size() +
                                                   attribute.strings.size() + attribute.s.size());
        if (attribute.g == nullptr) continue;
        const onnx::Graph& body = *attribute.g;
        cost.names += static_cast<std::int64_t>(body.inputs.size() + body.outputs.size());
        cost.initializers += static_cast<std::int64_t>(body.initializers.size() + body.sparse_initializers.size());
        open.push_back(&body.nodes);
      }
    }
  }
  return cost;
}

// Calls itself at most `left` times. A function that calls itself is an error that is found elsewhere.
std::int64_t FunctionTable::whole_nodes_of(const onnx::Function& function, int left, bool& is_too_deep) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  if (left == 0) {
    is_too_deep = true;
    return 0;
  }
  if (const auto [known, is_new] = whole_nodes_.emplace(&function, 0); !is_new) return known->second;
  std::int64_t total = 1;
  std::vector<const std::vector<onnx::Node>*> open = {&function.nodes};
  while (!open.empty()) {
    const std::vector<onnx::Node>& nodes = *open.back();
    open.pop_back();
    for (const onnx::Node& node : nodes) {
      const onnx::Function* const called = find(node);
      total = std::min(kMost, total + 1 + (called != nullptr ? whole_nodes_of(*called, left - 1, is_too_deep) : 0));
      for (const onnx::Attribute& attribute : node.attributes) {
        if (attribute.g != nullptr) open.push_back(&attribute.g->nodes);
      }
    }
  }
  return whole_nodes_[&function] = total;
}

Status FunctionTable::check_call(const onnx::Function& function, int deepest, const Budget& budget) {
  bool is_too_deep = false;
  const std::int64_t nodes = whole_nodes_of(function, deepest, is_too_deep);
  if (is_too_deep) return budget.limits().over(Limit::kCallDepth, "the model");
  if (nodes <= budget.left(Limit::kNodes)) return {};
  return budget.limits().over(Limit::kNodes, "with its functions in the places of their calls, the model", {}, {},
                              nodes);
}

Status FunctionTable::charge_call(const onnx::Function& function, Budget& budget) {
  auto known = costs_.find(&function);
  if (known == costs_.end()) known = costs_.emplace(&function, cost_of(function)).first;
  const Cost& cost = known->second;
  const std::pair<Limit, std::int64_t> takes[] = {{Limit::kFunctionCalls, 1},
                                                  {Limit::kNodes, cost.nodes},
                                                  {Limit::kNodeValues, cost.names},
                                                  {Limit::kAttributes, cost.attributes},
                                                  {Limit::kListElements, cost.elements},
                                                  {Limit::kInitializers, cost.initializers}};
  for (const auto& [limit, count] : takes) {
    if (budget.take(limit, count)) continue;
    return budget.limits().over(limit, "with its functions in the places of their calls, the model");
  }
  return {};
}

}  // namespace kite
