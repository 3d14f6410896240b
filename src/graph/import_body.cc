// SPDX-License-Identifier: Apache-2.0
// Scopes of names. Recursion is limited: by the parser for graphs in graphs, here for calls in calls.
#include "graph/import_body.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/printable.h"
#include "graph/unreadable.h"
#include "graph/upgrade.h"
#include "onnx/parse.h"
#include "paperkite/try.h"

namespace kite {

namespace {

// The operator that passes a value on under another name.
constexpr int kIdentityOpset = 13;

Error malformed(std::string what, std::string where = {}) {
  return Error{ErrorCode::kInvalidModel, std::move(what), std::move(where), {}};
}

// What a message and the names of its inner nodes call a node.
std::string_view label(const onnx::Node& node) {
  if (!node.name.empty()) return node.name;
  const auto named = std::ranges::find_if(node.outputs, [](std::string_view output) { return !output.empty(); });
  return named == node.outputs.end() ? std::string_view(node.op_type) : *named;
}

}  // namespace

Status BodyImporter::declare(Scope& scope, std::string_view name, std::string where) {
  if (name.empty()) return malformed("a value without a name", std::move(where));
  const auto id = static_cast<ValueId>(scope.body->values.size());
  if (scope.values.try_emplace(name, Scope::Entry{id, -1}).second) return {};
  return malformed("the name " + in_quotes(name) + " is already taken by another value", std::move(where));
}

ValueId BodyImporter::find(Scope& scope, std::string_view name) {
  if (const auto known = scope.values.find(name); known != scope.values.end()) return known->second.id;
  if (scope.outer == nullptr) return kNoName;
  const ValueId outer = find(*scope.outer, name);
  if (outer == kNoName || outer == kNoValue) return outer;
  const ValueId id = scope.body->add_value(scope.outer->body->values[static_cast<std::size_t>(outer)].name);
  scope.captured.push_back(outer);
  scope.captures.push_back(id);
  scope.values.emplace(name, Scope::Entry{id, -1});
  return id;
}

Result<std::string> BodyImporter::scoped(const Scope& scope, std::string_view name) {
  // What is made of a body is called after its holder, which has the prefix already.
  if (scope.call == nullptr || scope.outer != nullptr || name.empty()) return std::string(name);
  std::string longer = scope.call->prefix + std::string(name);
  KITE_TRY(owner_.budget().charge(Limit::kNameBytes, static_cast<std::int64_t>(longer.size())));
  return longer;
}

// A value that is only unsupported does not make the file invalid: an output that does not need it can be computed.
Status BodyImporter::add_initializer(Scope& scope, std::string_view name, Result<TensorView> data) {
  KITE_TRY(declare(scope, name, "initializer"));
  if (data.ok()) {
    (void)scope.body->add_constant(std::string(name), *data);
    return {};
  }
  if (data.error().code != ErrorCode::kUnsupportedModel) return data.error();
  const ValueId id = scope.body->add_value(std::string(name));
  scope.body->nodes.push_back(make_unreadable(data.error(), {id}));
  return {};
}

Status BodyImporter::add_initializers(Scope& scope, const onnx::Graph& graph) {
  for (const onnx::TensorProto& initializer : graph.initializers) {
    KITE_TRY(add_initializer(scope, initializer.name, tensors_.read(initializer)));
  }
  for (const onnx::SparseTensorProto& initializer : graph.sparse_initializers) {
    KITE_TRY(add_initializer(scope, initializer.values.name, tensors_.read(initializer)));
  }
  return {};
}

bool BodyImporter::is_constant_node(const onnx::Node& node) const {
  return node.op_type == "Constant" && normal_domain(node.domain).empty() && node.inputs.empty() &&
         node.outputs.size() == 1 && !node.outputs[0].empty() && functions_.find(node) == nullptr;
}

Status BodyImporter::declare_outputs_of(Scope& scope, const onnx::Node& node, std::int32_t index) {
  if (node.op_type.empty()) return malformed("a node without an operator", describe_node(node));
  if (normal_domain(node.domain) == kInternalDomain) {
    return malformed("the operator domain " + in_quotes(kInternalDomain) + " may not be used by a file",
                     describe_node(node));
  }
  Body& body = *scope.body;
  const AttributeBinding* const binding = scope.call == nullptr ? nullptr : &scope.call->binding;
  for (const std::string_view output : node.outputs) {
    if (output.empty()) continue;
    KITE_TRY(declare(scope, output, describe_node(node)));
    KITE_TRY_ASSIGN(std::string name, scoped(scope, output));
    if (is_constant_node(node)) {
      KITE_TRY_ASSIGN(const NamedAttributes named, resolve_attributes(node, binding, owner_.budget()));
      const auto view = import_constant(node, named, tensors_);
      if (view.ok()) {
        (void)body.add_constant(std::move(name), *view);
        continue;
      }
      if (view.error().code != ErrorCode::kUnsupportedModel) return view.error();
      body.nodes.push_back(make_unreadable(view.error(), {body.add_value(std::move(name))}));
      continue;
    }
    Scope::Entry& entry = scope.values.find(output)->second;
    entry.producer = index;
    if (const auto wanted = scope.wanted.find(output); wanted != scope.wanted.end()) {
      entry.id = wanted->second;
    } else {
      (void)body.add_value(std::move(name));
    }
  }
  return {};
}

// The names that a graph reads and does not define, each once.
const std::vector<std::string_view>& BodyImporter::free_names(const onnx::Graph& graph) {
  if (const auto known = free_names_.find(&graph); known != free_names_.end()) return known->second;
  std::set<std::string_view> defined = {""};
  for (const onnx::TensorProto& initializer : graph.initializers) defined.insert(initializer.name);
  for (const onnx::SparseTensorProto& initializer : graph.sparse_initializers) defined.insert(initializer.values.name);
  for (const onnx::ValueInfo& input : graph.inputs) defined.insert(input.name);
  for (const onnx::Node& node : graph.nodes) defined.insert(node.outputs.begin(), node.outputs.end());
  std::vector<std::string_view> free;
  const auto read = [&](std::string_view name) {
    if (defined.insert(name).second) free.push_back(name);
  };
  for (const onnx::Node& node : graph.nodes) {
    std::ranges::for_each(node.inputs, read);
    for (const onnx::Attribute& attribute : node.attributes) {
      if (attribute.g != nullptr) std::ranges::for_each(free_names(*attribute.g), read);
    }
  }
  for (const onnx::ValueInfo& output : graph.outputs) read(output.name);
  return free_names_.emplace(&graph, std::move(free)).first->second;
}

Result<Dependencies> BodyImporter::find_dependencies(Scope& scope, const std::vector<onnx::Node>& nodes) {
  Dependencies dependencies;
  const auto add = [&](std::string_view name) {
    const auto known = scope.values.find(name);
    if (known != scope.values.end() && known->second.producer >= 0) dependencies.of.push_back(known->second.producer);
  };
  for (const onnx::Node& node : nodes) {
    for (const std::string_view input : node.inputs) {
      if (input.empty()) continue;
      if (find(scope, input) == kNoName) {
        return malformed("reads " + in_quotes(input) + ", which no node makes", describe_node(node));
      }
      add(input);
    }
    for (const onnx::Attribute& attribute : node.attributes) {
      if (attribute.g != nullptr) std::ranges::for_each(free_names(*attribute.g), add);
    }
    dependencies.begin.push_back(dependencies.of.size());
  }
  return dependencies;
}

Status BodyImporter::add_nodes(Scope& scope, const std::vector<onnx::Node>& nodes) {
  scope.values.reserve(scope.values.size() + nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    KITE_TRY(declare_outputs_of(scope, nodes[i], static_cast<std::int32_t>(i)));
  }
  KITE_TRY_ASSIGN(const Dependencies dependencies, find_dependencies(scope, nodes));
  const NodeOrder sorted = sort_nodes(dependencies);
  if (!sorted.cycle.empty()) {
    return malformed("the graph has a cycle of " + std::to_string(sorted.cycle.size()) + " nodes",
                     describe_node(nodes[static_cast<std::size_t>(sorted.cycle[0])]));
  }
  for (const std::int32_t i : sorted.order) {
    const onnx::Node& node = nodes[static_cast<std::size_t>(i)];
    if (const onnx::Function* const function = functions_.find(node)) {
      KITE_TRY(add_call(scope, node, *function));
    } else if (!is_constant_node(node)) {
      KITE_TRY(add_node(scope, node));
    }
  }
  return {};
}

int BodyImporter::opset_of(const Scope& scope, std::string_view domain) const {
  const Opsets& opsets = scope.call == nullptr ? opsets_ : *scope.call->opsets;
  const auto found = opsets.find(domain);
  // A domain that is not imported has version 0; its operators are unknown in every version.
  return found == opsets.end() ? 0 : static_cast<int>(std::clamp<std::int64_t>(found->second, 0, 1 << 30));
}

Status BodyImporter::add_node(Scope& scope, const onnx::Node& node) {
  const auto id_of = [&](std::string_view name) { return name.empty() ? kNoValue : find(scope, name); };
  Node added;
  KITE_TRY_ASSIGN(added.name, scoped(scope, node.name));
  added.op_type = node.op_type;
  added.domain = normal_domain(node.domain);
  added.opset = opset_of(scope, added.domain);
  for (const std::string_view output : node.outputs) added.outputs.push_back(id_of(output));
  const AttributeBinding* const binding = scope.call == nullptr ? nullptr : &scope.call->binding;
  KITE_TRY_ASSIGN(const NamedAttributes named, resolve_attributes(node, binding, owner_.budget()));
  auto attributes = import_attributes(node, named, tensors_);
  if (!attributes.ok()) {
    if (attributes.error().code != ErrorCode::kUnsupportedModel) return attributes.error();
    scope.body->nodes.push_back(make_unreadable(attributes.error(), std::move(added.outputs)));
    return {};
  }
  added.attributes = std::move(attributes).value();
  for (const std::string_view input : node.inputs) added.inputs.push_back(id_of(input));
  while (!added.inputs.empty() && added.inputs.back() == kNoValue) added.inputs.pop_back();
  if (Status status = upgrade(owner_, *scope.body, added); !status.ok()) {
    if (status.error().code != ErrorCode::kUnsupportedModel) return std::move(status).error().in(describe_node(node));
    const Error error = std::move(status).error().in(describe_node(node));
    scope.body->nodes.push_back(make_unreadable(error, std::move(added.outputs)));
    return {};
  }
  KITE_TRY(add_bodies(scope, node, added));
  for (const auto& [name, attribute] : named) {
    if (attribute->g == nullptr || added.attributes.has(name)) continue;
    const Error error{ErrorCode::kUnsupportedModel,
                      "attribute " + in_quotes(name) + " is a graph of the function's call", describe_node(node),
                      "export the model with its functions inlined"};
    scope.body->nodes.push_back(make_unreadable(error, std::move(added.outputs)));
    return {};
  }
  scope.body->nodes.push_back(std::move(added));
  return {};
}

Status BodyImporter::add_bodies(Scope& scope, const onnx::Node& node, Node& added) {
  for (const onnx::Attribute& attribute : node.attributes) {
    if (attribute.g == nullptr || !attribute.ref_attr_name.empty()) continue;
    auto body = import_body(scope, *attribute.g, added);
    if (!body.ok()) {
      return std::move(body).error().in(describe_node(node) + ", graph " + in_quotes(attribute.name));
    }
    added.attributes.set(std::string(attribute.name), std::move(*body));
  }
  return {};
}

Result<std::shared_ptr<const Body>> BodyImporter::import_body(Scope& scope, const onnx::Graph& graph, Node& holder) {
  auto body = std::make_shared<Body>();
  Scope inside;
  inside.outer = &scope;
  inside.body = body.get();
  inside.call = scope.call;
  KITE_TRY(add_initializers(inside, graph));
  for (const onnx::ValueInfo& input : graph.inputs) {
    KITE_TRY(declare(inside, input.name, "input " + in_quotes(input.name)));
    body->inputs.push_back(body->add_value(std::string(input.name)));
  }
  KITE_TRY(add_nodes(inside, graph.nodes));
  for (const onnx::ValueInfo& output : graph.outputs) {
    const ValueId id = find(inside, output.name);
    if (id < 0) return malformed("no node makes this output of the graph", "output " + in_quotes(output.name));
    body->outputs.push_back(id);
  }
  body->captures = inside.captures.size();
  body->first_capture = holder.inputs.size();
  body->inputs.insert(body->inputs.end(), inside.captures.begin(), inside.captures.end());
  holder.inputs.insert(holder.inputs.end(), inside.captured.begin(), inside.captured.end());
  return std::shared_ptr<const Body>(std::move(body));
}

Status BodyImporter::bind_call(Scope& scope, const onnx::Node& node, const onnx::Function& function, Call& call) {
  for (const Call* outer = scope.call; outer != nullptr; outer = outer->caller) {
    if (outer->function == &function) return malformed("the function calls itself");
  }
  call.caller = scope.call;
  call.function = &function;
  call.depth = scope.call == nullptr ? 1 : scope.call->depth + 1;
  // Exporters that make a function of each module nest them as deep as the modules.
  const std::int64_t deepest = owner_.budget().limits()[Limit::kCallDepth];
  if (call.depth > deepest) return owner_.budget().limits().over(Limit::kCallDepth, "the model");
  if (node.inputs.size() > function.inputs.size() || node.outputs.size() > function.outputs.size()) {
    return malformed("the function has " + std::to_string(function.inputs.size()) + " inputs and " +
                     std::to_string(function.outputs.size()) + " outputs, the call has more");
  }
  if (call.depth == 1) KITE_TRY(functions_.check_call(function, static_cast<int>(deepest), owner_.budget()));
  KITE_TRY(functions_.charge_call(function, owner_.budget()));
  KITE_TRY_ASSIGN(call.opsets, functions_.opsets_of(function, opsets_));
  KITE_TRY_ASSIGN(call.prefix, scoped(scope, label(node)));
  call.prefix += '/';
  const AttributeBinding* const binding = scope.call == nullptr ? nullptr : &scope.call->binding;
  KITE_TRY_ASSIGN(const NamedAttributes named, resolve_attributes(node, binding, owner_.budget()));
  call.binding.insert(named.begin(), named.end());
  for (const onnx::Attribute& attribute : function.defaults) call.binding.try_emplace(attribute.name, &attribute);
  return {};
}

// The results of the call have ids already. A result that a node makes has that id; any other one is passed on.
Status BodyImporter::connect_results(Scope& scope, const onnx::Node& node, Scope& inside) {
  const std::vector<std::string_view>& results = inside.call->function->outputs;
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i].empty()) continue;
    const ValueId wanted = find(scope, node.outputs[i]);
    const ValueId made = find(inside, results[i]);
    if (made < 0) return malformed("the function makes no value " + in_quotes(results[i]));
    if (made == wanted) continue;
    Node identity;
    identity.op_type = "Identity";
    identity.opset = kIdentityOpset;
    identity.inputs = {made};
    identity.outputs = {wanted};
    scope.body->nodes.push_back(std::move(identity));
  }
  return {};
}

Status BodyImporter::add_call(Scope& scope, const onnx::Node& node, const onnx::Function& function) {
  const auto expand = [&]() -> Status {
    Call call;
    if (Status bound = bind_call(scope, node, function, call); !bound.ok()) {
      if (bound.error().code != ErrorCode::kUnsupportedModel) return bound;
      std::vector<ValueId> outputs;
      for (const std::string_view output : node.outputs) {
        outputs.push_back(output.empty() ? kNoValue : find(scope, output));
      }
      scope.body->nodes.push_back(
          make_unreadable(std::move(bound).error().in(describe_node(node)), std::move(outputs)));
      return {};
    }
    Scope inside;
    inside.body = scope.body;
    inside.call = &call;
    for (std::size_t i = 0; i < function.inputs.size(); ++i) {
      const bool is_given = i < node.inputs.size() && !node.inputs[i].empty();
      const ValueId id = is_given ? find(scope, node.inputs[i]) : kNoValue;
      if (!inside.values.try_emplace(function.inputs[i], Scope::Entry{id, -1}).second) {
        return malformed("the function names the input " + in_quotes(function.inputs[i]) + " twice");
      }
    }
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (!node.outputs[i].empty()) inside.wanted.try_emplace(function.outputs[i], find(scope, node.outputs[i]));
    }
    KITE_TRY(add_nodes(inside, function.nodes));
    return connect_results(scope, node, inside);
  };
  Status done = expand();
  if (!done.ok()) return std::move(done).error().in(describe_node(node));
  return {};
}

}  // namespace kite
