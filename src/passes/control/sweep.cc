// SPDX-License-Identifier: Apache-2.0
// Nodes are visited in the order of the graph; resolvers put what they add in front of what is still to come.
#include "passes/control/sweep.h"

#include <algorithm>
#include <cstring>
#include <ranges>
#include <utility>
#include <variant>

#include "base/checked.h"
#include "base/printable.h"
#include "ops/op.h"
#include "paperkite/try.h"
#include "passes/check_operators.h"
#include "passes/fold.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

// "loop/3/conv"; names of PyTorch begin with a slash of their own.
std::string joined(const std::string& prefix, const std::string& name) {
  if (name.empty()) return name;
  return prefix + (name.starts_with('/') ? "" : "/") + name;
}

// The elements of the attribute's list, which a copy of the node copies.
std::int64_t elements_of(const Attribute& attribute) {
  const auto size = [](const auto& list) { return static_cast<std::int64_t>(list.size()); };
  if (const auto* text = std::get_if<std::string>(&attribute.value)) return size(*text);
  if (const auto* ints = std::get_if<std::vector<std::int64_t>>(&attribute.value)) return size(*ints);
  if (const auto* floats = std::get_if<std::vector<float>>(&attribute.value)) return size(*floats);
  std::int64_t bytes = 0;
  if (const auto* strings = std::get_if<std::vector<std::string>>(&attribute.value)) {
    for (const std::string& text : *strings) bytes += size(text) + 1;
  }
  return bytes;
}

CopyCost copy_cost(const Body& body) {
  CopyCost cost;
  cost.nodes += static_cast<std::int64_t>(body.nodes.size());
  cost.names += static_cast<std::int64_t>(body.values.size() + body.outputs.size());
  const auto add_name = [&](const std::string& name) {
    ++cost.prefixes;
    cost.name_bytes += static_cast<std::int64_t>(name.size());
  };
  for (const BodyValue& value : body.values) {
    if (!value.constant) add_name(value.name);
  }
  for (const Node& node : body.nodes) {
    add_name(node.name);
    cost.names += static_cast<std::int64_t>(node.inputs.size() + node.outputs.size());
    cost.attributes += static_cast<std::int64_t>(node.attributes.all().size());
    for (const Attribute& attribute : node.attributes.all()) cost.elements += elements_of(attribute);
  }
  return cost;
}

}  // namespace

// Lookup -----------------------------------------------------------------------------------------------------------

ValueId Sweep::current(ValueId id) const {
  for (auto next = given_up_.find(id); next != given_up_.end(); next = given_up_.find(id)) id = next->second;
  return id;
}

ValueId Sweep::input(NodeId id, std::size_t i) const {
  return i < own_inputs(node(id)) ? current(node(id).inputs[i]) : kNoValue;
}

std::optional<std::int64_t> Sweep::scalar(ValueId id) const {
  if (id == kNoValue || !graph_.is_constant(id)) return std::nullopt;
  const TensorView& view = *graph_.value(id).constant;
  if (view.type.shape.elements() != 1) return std::nullopt;
  if (view.type.dtype == DType::kBool) return static_cast<std::int64_t>(*view.data);
  const auto numbers = int_constant(graph_, id);
  return numbers ? std::optional(numbers->front()) : std::nullopt;
}

const std::vector<ValueId>* Sweep::sequence(ValueId id) const {
  const auto found = sequences_.find(id);
  return found == sequences_.end() ? nullptr : &found->second;
}

const ValueId* Sweep::optional(ValueId id) const {
  const auto found = optionals_.find(id);
  return found == optionals_.end() ? nullptr : &found->second;
}

Error Sweep::invalid(NodeId id, std::string what) const {
  return {ErrorCode::kInvalidModel, std::move(what), graph_.describe(id), {}};
}

Error Sweep::unsupported(NodeId id, std::string what, std::string remedy) const {
  return {ErrorCode::kUnsupportedModel, std::move(what), graph_.describe(id), std::move(remedy)};
}

Result<const Body*> Sweep::body(NodeId id, std::string_view attribute) const {
  const Body* const found = body_of(node(id), attribute);
  if (found == nullptr) return invalid(id, "it has no graph " + in_quotes(attribute));
  return found;
}

// Changes ----------------------------------------------------------------------------------------------------------

void Sweep::give_up(ValueId from, ValueId to) {
  to = current(to);
  if (from == to) return;
  graph_.replace_uses(from, to);
  given_up_[from] = to;
}

void Sweep::settle(NodeId id, std::size_t i, ValueId to) {
  if (i >= node(id).outputs.size() || node(id).outputs[i] == kNoValue) return;
  const ValueId output = node(id).outputs[i];
  if (graph_.is_output(output) && sequence(to) == nullptr && optional(to) == nullptr) {
    (void)add(id, make_node("Identity", kWrittenOpset, {current(to)}), output);
  } else {
    give_up(output, to);
  }
}

ValueId Sweep::add(NodeId anchor, Node made, ValueId output) {
  // The next copy of a body ends in kLimit where too few are left.
  (void)graph_.budget().take(Limit::kUnrolledNodes);
  (void)graph_.budget().take(Limit::kNodes);
  made.outputs = {output == kNoValue ? graph_.add_value(label(anchor) + '/' + made.op_type) : output};
  if (made.name.empty()) made.name = node(anchor).name;
  added_.push_back(graph_.insert_before(anchor, std::move(made)));
  return node(added_.back()).outputs.front();
}

std::vector<ValueId> Sweep::add_many(NodeId anchor, Node made, std::size_t outputs) {
  for (std::size_t i = 0; i < outputs; ++i)
    made.outputs.push_back(graph_.add_value(label(anchor) + '/' + made.op_type));
  if (made.name.empty()) made.name = node(anchor).name;
  added_.push_back(graph_.insert_before(anchor, std::move(made)));
  return node(added_.back()).outputs;
}

std::vector<NodeId> Sweep::take_added() { return std::exchange(added_, {}); }

ValueId Sweep::add_number(std::int64_t number) {
  return graph_.add_constant("number", Tensor::of<std::int64_t>(Shape{}, {number}));
}

ValueId Sweep::add_flag(bool flag) { return graph_.add_constant("flag", Tensor::of<bool>(Shape{}, {flag})); }

void Sweep::stack(NodeId anchor, std::span<const ValueId> values, std::int64_t axis, ValueId output) {
  const ValueId axes = graph_.add_constant("axes", Tensor::of<std::int64_t>(Shape{1}, {axis}));
  std::vector<ValueId> rows;
  for (const ValueId value : values) {
    const bool is_last = values.size() == 1;
    rows.push_back(add(anchor, make_node("Unsqueeze", kWrittenOpset, {value, axes}), is_last ? output : kNoValue));
  }
  if (values.size() == 1) return;
  Node concat = make_node("Concat", kWrittenOpset, std::move(rows));
  concat.attributes.set("axis", axis);
  (void)add(anchor, std::move(concat), output);
}

Status Sweep::choose(NodeId id, ValueId condition, ValueId if_true, ValueId if_false, ValueId output) {
  for (const ValueId value : {if_true, if_false}) {
    if (sequence(value) == nullptr && optional(value) == nullptr) continue;
    return unsupported(id, "it chooses between sequences, and which of them is only known at run time");
  }
  const auto& a = graph_.value(if_true).type;
  const auto& b = graph_.value(if_false).type;
  if (a && b && *a != *b) {
    return unsupported(id, "the shape of its result is only known at run time: " + a->shape.to_string() + " or " +
                               b->shape.to_string());
  }
  const auto& type = graph_.value(condition).type;
  if (type && (type->dtype != DType::kBool || type->shape.elements() != 1)) {
    return invalid(id, "its condition is no single bool");
  }
  if (type && type->shape.rank() != 0) condition = add(id, make_node("Squeeze", kWrittenOpset, {condition}));
  (void)add(id, make_node("Where", kWrittenOpset, {condition, if_true, if_false}), output);
  return {};
}

void Sweep::queue(std::span<const NodeId> nodes, NodeId again) {
  if (again != kNoNode) queue_.push_back(again);
  for (const NodeId id : nodes | std::views::reverse) queue_.push_back(id);
}

// Bodies -----------------------------------------------------------------------------------------------------------

Status Sweep::charge(NodeId id, std::size_t values, bool has_node_for_each) {
  Budget& budget = graph_.budget();
  KITE_TRY(budget.charge(Limit::kNodeValues, static_cast<std::int64_t>(values), graph_.describe(id)));
  if (!has_node_for_each) return {};
  // add() takes the nodes, and a name for each and for its result.
  if (budget.left(Limit::kNodes) < static_cast<std::int64_t>(values)) {
    return budget.limits().over(Limit::kNodes, "the model", graph_.describe(id));
  }
  const Checked name_bytes =
      Checked(static_cast<std::int64_t>(values)) * static_cast<std::int64_t>(2 * label(id).size());
  if (name_bytes.at_most(budget.left(Limit::kNameBytes))) return {};
  return budget.limits().over(Limit::kNameBytes, "the model", graph_.describe(id));
}

std::string Sweep::label(NodeId id) const {
  std::string text = node(id).name;
  for (std::size_t i = 0; text.empty() && i < node(id).outputs.size(); ++i) {
    if (node(id).outputs[i] != kNoValue) text = graph_.value(node(id).outputs[i]).name;
  }
  return text;
}

Status Sweep::charge_copy(NodeId holder, const Body& body, const std::string& prefix) {
  auto known = costs_.find(&body);
  if (known == costs_.end()) known = costs_.emplace(&body, copy_cost(body)).first;
  const CopyCost& cost = known->second;
  const std::pair<Limit, std::int64_t> takes[] = {
      {Limit::kIterations, is_op(node(holder), "If") ? 0 : 1},
      {Limit::kUnrolledNodes, cost.nodes},
      {Limit::kNodes, cost.nodes},
      {Limit::kNodeValues, cost.names},
      {Limit::kAttributes, cost.attributes},
      {Limit::kListElements, cost.elements},
      {Limit::kNameBytes, cost.name_bytes + cost.prefixes * static_cast<std::int64_t>(prefix.size())}};
  for (const auto& [limit, count] : takes) {
    if (graph_.budget().take(limit, count)) continue;
    return graph_.budget().limits().over(limit, "with this node unrolled, the model", graph_.describe(holder),
                                         "export the model with fewer iterations");
  }
  return {};
}

// Constants of bodies are in the graph once, however often the body is instantiated.
ValueId Sweep::constant_of(const Body& body, ValueId local) {
  std::vector<ValueId>& known = constants_[&body];
  known.resize(body.values.size(), kNoValue);
  ValueId& id = known[static_cast<std::size_t>(local)];
  const BodyValue& value = body.values[static_cast<std::size_t>(local)];
  if (id == kNoValue) id = graph_.add_constant_view(value.name, *value.constant);
  return id;
}

Result<Instance> Sweep::instantiate(NodeId holder, const Body& body, std::span<const ValueId> inputs,
                                    const std::string& step, std::span<const ValueId> wanted) {
  if (inputs.size() != body.declared_inputs()) {
    return invalid(holder, "its graph has " + std::to_string(body.declared_inputs()) + " inputs, expected " +
                               std::to_string(inputs.size()));
  }
  const Node& held = node(holder);
  const std::string prefix = label(holder) + '/' + step;
  KITE_TRY(charge_copy(holder, body, prefix));

  std::vector<ValueId> ids(body.values.size(), kNoValue);
  for (std::size_t i = 0; i < body.inputs.size(); ++i) {
    const bool is_captured = i >= inputs.size();
    ids[static_cast<std::size_t>(body.inputs[i])] =
        current(is_captured ? held.inputs[body.first_capture + i - inputs.size()] : inputs[i]);
  }
  std::vector<bool> is_made(body.values.size());
  for (const Node& inner : body.nodes) {
    for (const ValueId output : inner.outputs) {
      if (output != kNoValue) is_made[static_cast<std::size_t>(output)] = true;
    }
  }
  for (std::size_t i = 0; i < std::min(wanted.size(), body.outputs.size()); ++i) {
    ValueId& id = ids[static_cast<std::size_t>(body.outputs[i])];
    if (wanted[i] != kNoValue && id == kNoValue && is_made[static_cast<std::size_t>(body.outputs[i])]) id = wanted[i];
  }
  const auto id_of = [&](ValueId local) {
    if (local == kNoValue) return kNoValue;
    ValueId& id = ids[static_cast<std::size_t>(local)];
    if (id == kNoValue && body.values[static_cast<std::size_t>(local)].constant) id = constant_of(body, local);
    return id;
  };
  Instance instance;
  for (const Node& inner : body.nodes) {
    Node copy = inner;
    copy.name = joined(prefix, inner.name);
    for (ValueId& input : copy.inputs) input = id_of(input);
    for (ValueId& output : copy.outputs) {
      if (output == kNoValue) continue;
      ValueId& id = ids[static_cast<std::size_t>(output)];
      if (id == kNoValue) id = graph_.add_value(joined(prefix, body.values[static_cast<std::size_t>(output)].name));
      output = id;
    }
    instance.nodes.push_back(graph_.insert_before(holder, std::move(copy)));
  }
  for (const ValueId output : body.outputs) instance.outputs.push_back(id_of(output));
  return instance;
}

// The sweep --------------------------------------------------------------------------------------------------------

Status Sweep::infer(NodeId id) {
  for (std::size_t i = 0; resolves_ && i < node(id).inputs.size(); ++i) {
    const ValueId input = node(id).inputs[i];
    if (sequence(input) == nullptr && optional(input) == nullptr) continue;
    if (is_op(node(id), "Identity")) {
      give_up(node(id).outputs.front(), input);
      remove(id);
      return {};
    }
    return unsupported(id, "input " + std::to_string(i) + " is a sequence or an optional, expected a tensor");
  }
  return infer_and_fold(graph_, id);
}

Status Sweep::visit(NodeId id) {
  if (!resolves_ && refuse_ == nullptr) return infer(id);
  if (node(id).removed) return {};
  const Resolver resolve = resolver_of(node(id));
  // A body may capture what only a branch that does not run needs.
  const std::size_t count = resolve == nullptr ? node(id).inputs.size() : own_inputs(node(id));
  const auto inputs = std::span(node(id).inputs).first(count);
  const bool is_unknown = !is_known(node(id));
  if (is_unknown || std::ranges::any_of(inputs, [&](ValueId input) { return poisoned_.contains(input); })) {
    unreached_ += is_unknown ? 0 : 1;
    poison(id);
    return {};
  }
  Status status = resolve == nullptr ? infer(id) : resolve(*this, id);
  if (status.ok() || refuse_ == nullptr) return status;
  poison(id);
  (*refuse_)(id, std::move(status).error());
  return {};
}

// What was set before a refusal is no type to go on with.
void Sweep::poison(NodeId id) {
  for (const ValueId output : node(id).outputs) {
    if (output == kNoValue) continue;
    graph_.value(output).type.reset();
    poisoned_.insert(output);
  }
}

Status Sweep::check_outputs() const {
  for (std::size_t i = 0; i < graph_.outputs.size(); ++i) {
    const ValueId output = graph_.outputs[i];
    if (sequence(output) == nullptr && optional(output) == nullptr) continue;
    return Error{ErrorCode::kUnsupportedModel, "the output is a sequence or an optional, not a tensor",
                 "output " + in_quotes(graph_.output_name(i)), "export the model with its tensors as outputs"};
  }
  return {};
}

Status Sweep::visit_all() {
  const std::vector<NodeId> order = graph_.order();
  resolves_ = std::ranges::any_of(order, [&](NodeId id) { return resolver_of(node(id)) != nullptr; });
  // Where branches may turn out not to run, the operators in and before them are judged afterwards.
  if (!resolves_ && refuse_ == nullptr) KITE_TRY(check_operators(graph_));
  queue(order);
  while (!queue_.empty()) {
    const NodeId id = queue_.back();
    queue_.pop_back();
    KITE_TRY(visit(id));
  }
  return {};
}

Status Sweep::run() {
  KITE_TRY(visit_all());
  if (!resolves_) return {};
  KITE_TRY(check_outputs());
  remove_dead_nodes(graph_);
  return check_operators(graph_);
}

std::int64_t Sweep::run_past_refusals(const Refuse& refuse) {
  refuse_ = &refuse;
  KITE_CHECK(visit_all().ok());  // each refusal went to `refuse`
  if (resolves_) remove_dead_nodes(graph_);
  return unreached_;
}

}  // namespace kite
