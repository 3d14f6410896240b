// SPDX-License-Identifier: Apache-2.0
// Storage, use lists and node order of the graph. No operation walks the whole graph except order().
#include "graph/graph.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <ranges>
#include <utility>

#include "base/printable.h"
#include "paperkite/try.h"

namespace kite {

namespace {

// Distance between the labels of appended nodes: 2^31 nodes fit into 63 bits. Insertions at one place
// use the gap up at last; then the nodes around it get new labels.
constexpr std::uint64_t kLabelGap = std::uint64_t{1} << 32;

}  // namespace

// Values -------------------------------------------------------------------------------------------------------

std::string Graph::unique_name(std::string wanted) {
  if (wanted.empty()) wanted = "value";
  const auto [entry, is_new] = names_.try_emplace(wanted, 1);
  if (is_new) return wanted;
  for (int& suffix = entry->second;;) {
    std::string candidate = wanted + '_' + std::to_string(suffix++);
    if (names_.try_emplace(candidate, 1).second) return candidate;
  }
}

ValueId Graph::add_value(std::string value_name) {
  KITE_CHECK(values_.size() < std::numeric_limits<ValueId>::max());
  const auto id = static_cast<ValueId>(values_.size());
  values_.emplace_back().name = unique_name(std::move(value_name));
  count_steps(1);
  count_name(values_.back().name);
  uses_.emplace_back();
  return id;
}

ValueId Graph::add_constant(std::string value_name, Tensor tensor) {
  return add_constant_view(std::move(value_name), own(std::move(tensor)));
}

ValueId Graph::add_constant_view(std::string value_name, TensorView view) {
  const ValueId id = add_value(std::move(value_name));
  value(id).type = view.type;
  value(id).constant = view;
  return id;
}

std::string_view Graph::output_name(std::size_t i) const {
  return i < output_names.size() ? std::string_view(output_names[i]) : std::string_view(value(outputs[i]).name);
}

bool Graph::is_output(ValueId id) const {
  count_steps(outputs.size());
  return std::ranges::find(outputs, id) != outputs.end();
}

const Graph::UseList& Graph::looked_at(ValueId id) const {
  const UseList& list = uses_[static_cast<std::size_t>(id)];
  count_steps(1 + list.uses.size());
  return list;
}

bool Graph::is_live(const Use& use, ValueId id) const {
  const Node& reader = node(use.node);
  const auto index = static_cast<std::size_t>(use.index);
  return !reader.removed && index < reader.inputs.size() && reader.inputs[index] == id;
}

// One entry of the list of `id` has become stale. Stale entries are dropped when they are the majority: each one then
// has a constant cost, and the list's length stays proportional to the number of readers.
void Graph::lose_use(ValueId id) {
  UseList& list = uses_[static_cast<std::size_t>(id)];
  if (++list.stale * 2 <= list.uses.size()) return;
  count_steps(list.uses.size());
  std::erase_if(list.uses, [&](const Use& use) { return !is_live(use, id); });
  list.stale = 0;
}

bool Graph::is_read_only_by(ValueId id, const std::unordered_set<NodeId>& readers) const {
  for (const Use& use : uses_[static_cast<std::size_t>(id)].uses | std::views::reverse) {
    count_steps(1);
    if (is_live(use, id) && !readers.contains(use.node)) return false;
  }
  return !is_output(id);
}

std::vector<NodeId> Graph::in_order(const std::unordered_set<NodeId>& nodes) const {
  std::vector<NodeId> ordered(nodes.begin(), nodes.end());
  count_steps(ordered.size());
  std::ranges::sort(ordered, {}, [&](NodeId id) { return links_[static_cast<std::size_t>(id)].label; });
  return ordered;
}

std::vector<NodeId> Graph::consumers(ValueId id) const {
  std::vector<NodeId> readers;
  for (const Use& use : looked_at(id).uses) {
    if (is_live(use, id)) readers.push_back(use.node);
  }
  std::ranges::sort(readers, {}, [&](NodeId reader) { return links_[static_cast<std::size_t>(reader)].label; });
  readers.erase(std::ranges::unique(readers).begin(), readers.end());
  return readers;
}

std::size_t Graph::use_count(ValueId id) const {
  // An input that was set to another value and back leaves two entries with one index: each live entry counts once.
  std::vector<std::pair<NodeId, std::int32_t>> reads;
  for (const Use& use : looked_at(id).uses) {
    if (is_live(use, id)) reads.emplace_back(use.node, use.index);
  }
  std::ranges::sort(reads);
  reads.erase(std::ranges::unique(reads).begin(), reads.end());
  return reads.size() + static_cast<std::size_t>(std::ranges::count(outputs, id));
}

bool Graph::is_read_once(ValueId id) const {
  // Searched from the back, since stale entries that rewrites have left stand in front. One input may be
  // listed twice, see above.
  const Use* only = nullptr;
  for (const Use& use : uses_[static_cast<std::size_t>(id)].uses | std::views::reverse) {
    count_steps(1);
    if (!is_live(use, id)) continue;
    if (only != nullptr && (only->node != use.node || only->index != use.index)) return false;
    only = &use;
  }
  return only != nullptr && !is_output(id);
}

// Order --------------------------------------------------------------------------------------------------------

// Looks for the smallest range of labels around the node that is not too full, and spreads the nodes in it. A range of
// twice the labels may hold less than twice the nodes, so that a place at which many nodes are inserted gets room for
// as many again: n insertions cost n log n steps, wherever they are (Bender and others, "Two simplified algorithms for
// maintaining order in a list", 2002).
void Graph::make_room(NodeId around) {
  constexpr double kGrowth = 1.5;  // of the nodes, where the labels double; 1.5^63 is more than there can be
  const auto link = [&](NodeId of) -> Link& { return links_[static_cast<std::size_t>(of)]; };
  const std::uint64_t place = link(around).label;
  NodeId first = around;
  NodeId last = around;
  std::uint64_t count = 1;
  double most = 1;
  for (int bits = 1;; ++bits) {
    KITE_CHECK(bits < 64);
    most *= kGrowth;
    const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
    const std::uint64_t begin = place & ~mask;
    const std::uint64_t end = place | mask;
    for (; link(first).previous != kNoNode && link(link(first).previous).label >= begin; ++count) {
      first = link(first).previous;
    }
    for (; link(last).next != kNoNode && link(link(last).next).label <= end; ++count) last = link(last).next;
    constexpr int kFewestBits = 8;
    if (bits < kFewestBits || static_cast<double>(count) > most) continue;
    count_steps(count);
    const std::uint64_t gap = mask / count;
    std::uint64_t label = begin + gap / 2;
    for (NodeId id = first;; id = link(id).next, label += gap) {
      link(id).label = label;
      if (id == last) return;
    }
  }
}

void Graph::link_between(NodeId previous, NodeId id, NodeId next) {
  const auto link = [&](NodeId of) -> Link& { return links_[static_cast<std::size_t>(of)]; };
  link(id).previous = previous;
  link(id).next = next;
  (previous == kNoNode ? first_ : link(previous).next) = id;
  (next == kNoNode ? last_ : link(next).previous) = id;

  const std::uint64_t low = previous == kNoNode ? 0 : link(previous).label;
  if (next == kNoNode) {
    link(id).label = low + kLabelGap;
    return;
  }
  // Nodes of a body come one after the other before the same node: small steps leave room for 2^16 of them.
  constexpr std::uint64_t kMostStep = std::uint64_t{1} << 16;
  const std::uint64_t middle = low + std::min((link(next).label - low) / 2, kMostStep);
  link(id).label = middle;
  if (middle == low) make_room(id);
}

std::vector<NodeId> Graph::order() const {
  std::vector<NodeId> ids;
  ids.reserve(nodes_.size());
  count_steps(nodes_.size());
  for (NodeId id = first_; id != kNoNode; id = links_[static_cast<std::size_t>(id)].next) {
    if (!node(id).removed) ids.push_back(id);
  }
  return ids;
}

// Nodes --------------------------------------------------------------------------------------------------------

NodeId Graph::store(Node node) {
  KITE_CHECK(nodes_.size() < std::numeric_limits<NodeId>::max());
  const auto id = static_cast<NodeId>(nodes_.size());
  count_steps(1 + node.inputs.size() + node.outputs.size());
  count_name(node.name);
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    if (node.inputs[i] == kNoValue) continue;
    uses_[static_cast<std::size_t>(node.inputs[i])].uses.push_back({id, static_cast<std::int32_t>(i)});
  }
  for (const ValueId output : node.outputs) {
    if (output != kNoValue) value(output).producer = id;
  }
  nodes_.push_back(std::move(node));
  links_.emplace_back();
  return id;
}

NodeId Graph::add_node(Node node) {
  const NodeId id = store(std::move(node));
  link_between(last_, id, kNoNode);
  return id;
}

NodeId Graph::insert_before(NodeId anchor, Node node) {
  const NodeId id = store(std::move(node));
  link_between(links_[static_cast<std::size_t>(anchor)].previous, id, anchor);
  return id;
}

NodeId Graph::insert_after(NodeId anchor, Node node) {
  const NodeId id = store(std::move(node));
  link_between(anchor, id, links_[static_cast<std::size_t>(anchor)].next);
  return id;
}

void Graph::remove(NodeId id) {
  Node& gone = node(id);
  if (gone.removed) return;
  gone.removed = true;
  for (const ValueId input : gone.inputs) {
    if (input != kNoValue) lose_use(input);
  }
  for (const ValueId output : gone.outputs) {
    if (output != kNoValue && value(output).producer == id) value(output).producer = kNoNode;
  }
}

void Graph::set_input(NodeId id, std::size_t index, ValueId to) {
  std::vector<ValueId>& inputs_of_node = node(id).inputs;
  KITE_CHECK(index <= inputs_of_node.size());
  if (index == inputs_of_node.size()) inputs_of_node.push_back(kNoValue);
  const ValueId from = std::exchange(inputs_of_node[index], to);
  if (from == to) return;
  if (from != kNoValue) lose_use(from);
  if (to != kNoValue) uses_[static_cast<std::size_t>(to)].uses.push_back({id, static_cast<std::int32_t>(index)});
}

void Graph::set_inputs(NodeId id, std::vector<ValueId> new_inputs) {
  for (std::size_t i = new_inputs.size(); i < node(id).inputs.size(); ++i) set_input(id, i, kNoValue);
  node(id).inputs.resize(std::min(node(id).inputs.size(), new_inputs.size()));
  for (std::size_t i = 0; i < new_inputs.size(); ++i) set_input(id, i, new_inputs[i]);
}

void Graph::replace_uses(ValueId from, ValueId to) {
  if (from == to) return;
  const UseList moved = std::exchange(uses_[static_cast<std::size_t>(from)], {});
  count_steps(1 + moved.uses.size());
  for (const Use& use : moved.uses) {
    if (!is_live(use, from)) continue;
    node(use.node).inputs[static_cast<std::size_t>(use.index)] = to;
    uses_[static_cast<std::size_t>(to)].uses.push_back(use);
  }
  if (!is_output(from)) return;
  const bool to_is_input = std::ranges::find(inputs, to, &GraphInput::value) != inputs.end();
  if (!to_is_input && !is_output(to)) std::swap(value(from).name, value(to).name);
  std::ranges::replace(outputs, from, to);
}

// Lifetimes ----------------------------------------------------------------------------------------------------

Status Graph::check_budget() const {
  for (const Limit limit : {Limit::kPlanSteps, Limit::kNameBytes}) {
    if (budget_.left(limit) < 0) return budget_.limits().over(limit, "the model");
  }
  return {};
}

TensorView Graph::own(Tensor tensor) {
  (void)budget_.take(Limit::kConstantBytes, tensor.type().size_bytes());
  tensors_.push_back(std::move(tensor));
  return tensors_.back().view();
}

TensorView Graph::align(const TensorView& view) {
  const bool is_aligned = reinterpret_cast<std::uintptr_t>(view.data) % dtype_size(view.type.dtype) == 0;
  return is_aligned || view.type.size_bytes() > kAlignedBytes ? view : own(Tensor::copy_of(view));
}

std::string Graph::describe(NodeId id) const {
  const Node& it = node(id);
  std::string text = "node ";
  if (!it.name.empty()) {
    text += in_quotes(it.name);
  } else {
    const auto named = std::ranges::find_if(it.outputs, [](ValueId output) { return output != kNoValue; });
    text += named == it.outputs.end() ? std::to_string(id) : "that makes " + in_quotes(value(*named).name);
  }
  std::string type = in_quotes(it.domain.empty() ? it.op_type : it.domain + '.' + it.op_type);
  return text + " (" + type.substr(1, type.size() - 2) + ')';
}

}  // namespace kite
