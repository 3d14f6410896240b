// SPDX-License-Identifier: Apache-2.0
// Adds the nodes of an expansion, each typed at once, and puts them in the place of the node.
#include "passes/expand/expansion.h"

#include <algorithm>
#include <string>
#include <utility>

#include "ops/evaluate.h"
#include "paperkite/try.h"
#include "passes/constants.h"
#include "passes/match.h"
#include "passes/rewrite.h"

namespace kite {

ValueId Expansion::in(int i) const { return has_input(i) ? node().inputs[static_cast<std::size_t>(i)] : kNoValue; }

void Expansion::fail(Error error) {
  if (!failed()) status_ = std::move(error);
}

ValueId Expansion::add(Node made) {
  if (failed()) return kNoValue;
  while (!made.inputs.empty() && made.inputs.back() == kNoValue) made.inputs.pop_back();
  const auto named = std::ranges::find_if(node().outputs, [](ValueId output) { return output != kNoValue; });
  const std::string name = named == node().outputs.end() ? node().name : graph_.value(*named).name;
  made.name = node().name;
  if (made.outputs.empty()) made.outputs.resize(1);
  for (ValueId& output : made.outputs) output = graph_.add_value(name + "_" + made.op_type);
  const ValueId first = made.outputs.front();
  added_.push_back(graph_.insert_before(id_, std::move(made)));
  Status status = infer_node(graph_, added_.back());
  if (status.ok()) return first;
  fail(std::move(status).error());
  return kNoValue;
}

std::vector<ValueId> Expansion::add_many(std::string_view op_type, int opset, std::vector<ValueId> inputs, int count,
                                         std::initializer_list<Attribute> attributes) {
  Node made = make_node(op_type, opset, std::move(inputs));
  for (const Attribute& attribute : attributes) made.attributes.set(attribute.name, attribute.value);
  made.outputs.resize(static_cast<std::size_t>(count));
  if (add(std::move(made)) == kNoValue) return std::vector<ValueId>(static_cast<std::size_t>(count), kNoValue);
  return graph_.node(added_.back()).outputs;
}

ValueId Expansion::add(std::string_view op_type, int opset, std::vector<ValueId> inputs,
                       std::initializer_list<Attribute> attributes) {
  return add_many(op_type, opset, std::move(inputs), 1, attributes).front();
}

void Expansion::give(int i, ValueId value) {
  if (!has_output(i) || failed()) return;
  given_.resize(std::max(given_.size(), static_cast<std::size_t>(i) + 1), kNoValue);
  given_[static_cast<std::size_t>(i)] = value;
}

ValueId Expansion::numbers(std::span<const double> values, const Shape& shape, ValueId like) {
  if (failed() || like == kNoValue) return kNoValue;
  return add_float_constant(graph_, node().name + "_numbers", dtype_of(graph_, like), shape, values);
}

ValueId Expansion::add_constant(std::string_view name, Tensor tensor) {
  const ValueId id = graph_.add_constant(node().name + "_" + std::string(name), std::move(tensor));
  graph_.value(id).type = graph_.value(id).constant->type;
  return id;
}

ValueId Expansion::integers(std::span<const std::int64_t> values) {
  return add_int_constant(graph_, node().name + "_numbers", values);
}

ValueId Expansion::plus(ValueId x, ValueId y) {
  if (x == kNoValue || y == kNoValue) return x == kNoValue ? y : x;
  return add("Add", 14, {x, y});
}

ValueId Expansion::times(ValueId x, double factor) {
  return factor == 1 || failed() ? x : add("Mul", 14, {x, number(factor, x)});
}

ValueId Expansion::transposed(ValueId x, const std::vector<std::int64_t>& perm) {
  return failed() || std::ranges::is_sorted(perm) ? x : add("Transpose", 13, {x}, {{"perm", perm}});
}

ValueId Expansion::reshaped(ValueId x, std::initializer_list<std::int64_t> dims) {
  return failed() ? x : add("Reshape", 14, {x, integers(dims)}, {{"allowzero", std::int64_t{1}}});
}

Shape Expansion::shape_of_value(ValueId id) const {
  return failed() || id == kNoValue ? Shape() : shape_of(graph_, id);
}

Error Expansion::over_limit(std::string_view what) const {
  return {ErrorCode::kLimit, std::string(what) + " need more memory than the file justifies", graph_.describe(id_), {}};
}

Status Expansion::finish() {
  KITE_TRY(std::exchange(status_, {}));
  const std::vector<ValueId> outputs = node().outputs;
  given_.resize(outputs.size(), kNoValue);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == kNoValue) continue;
    if (given_[i] == kNoValue) {
      if (graph_.use_count(outputs[i]) == 0) continue;
      return unsupported("output " + std::to_string(i) + " is not computed");
    }
    Node last = make_node("Identity", 14, {given_[i]});
    last.name = node().name;
    last.outputs = {outputs[i]};
    added_.push_back(graph_.insert_before(id_, std::move(last)));
    KITE_TRY(infer_node(graph_, added_.back()));
  }
  graph_.remove(id_);
  return {};
}

Result<std::vector<NodeId>> expand_node(Graph& graph, NodeId id, const ExpandedOperator& op) {
  for (const ValueId input : graph.node(id).inputs) {
    if (input == kNoValue || graph.value(input).type.has_value()) continue;
    return Error{
        ErrorCode::kInvalidModel, "nothing produces input \"" + graph.value(input).name + "\"", graph.describe(id), {}};
  }
  Expansion expansion(graph, id);
  Status status = op.expand(expansion);
  if (status.ok()) status = expansion.finish();
  if (status.ok()) return expansion.added();
  if (status.error().where.empty()) status.error().where = graph.describe(id);
  return std::move(status).error();
}

}  // namespace kite
