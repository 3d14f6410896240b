// SPDX-License-Identifier: Apache-2.0
// A walk from the outputs that stops where the operators differ.
#include "cli/verify/value_pairs.h"

#include <algorithm>
#include <utility>

namespace kite::cli {

namespace {

using Names = std::unordered_map<std::string_view, ValueId>;

// Of all values but constants.
Names names_of(const Graph& graph) {
  Names names;
  for (std::size_t i = 0; i < graph.value_count(); ++i) {
    const auto id = static_cast<ValueId>(i);
    if (!graph.is_constant(id)) names.emplace(graph.value(id).name, id);
  }
  return names;
}

ValueId find(const Names& names, std::string_view name) {
  const auto found = names.find(name);
  return found == names.end() ? kNoValue : found->second;
}

std::vector<std::string> output_names(const Graph& graph) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) names.emplace_back(graph.output_name(i));
  return names;
}

std::vector<std::string> input_names(const Graph& graph) {
  std::vector<std::string> names;
  for (const GraphInput& input : graph.inputs) names.push_back(graph.value(input.value).name);
  return names;
}

class Pairing {
 public:
  Pairing(const Graph& ours, const Graph& theirs)
      : ours_(ours),
        theirs_(theirs),
        our_names_(names_of(ours)),
        their_names_(names_of(theirs)),
        partner_(ours.value_count(), kNoValue),
        taken_(theirs.value_count(), false) {}

  std::vector<ValueId> made() {
    pair_ends();
    walk();
    for (std::size_t i = 0; i < partner_.size(); ++i) {
      const auto id = static_cast<ValueId>(i);
      if (ours_.is_constant(id)) continue;
      pair(id, find(their_names_, ours_.value(id).name));
      walk();
    }
    return std::move(partner_);
  }

 private:
  void pair(ValueId our, ValueId their) {
    if (our == kNoValue || their == kNoValue || ours_.is_constant(our) || theirs_.is_constant(their)) return;
    if (partner_[static_cast<std::size_t>(our)] != kNoValue || taken_[static_cast<std::size_t>(their)]) return;
    partner_[static_cast<std::size_t>(our)] = their;
    taken_[static_cast<std::size_t>(their)] = true;
    open_.emplace_back(our, their);
  }

  // A graph without inputs or outputs of one side has none to pair.
  void pair_ends() {
    const std::vector<std::size_t> inputs = match_by_name(input_names(ours_), input_names(theirs_));
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (inputs[i] < theirs_.inputs.size()) pair(ours_.inputs[i].value, theirs_.inputs[inputs[i]].value);
    }
    const std::vector<std::size_t> outputs = match_by_name(output_names(ours_), output_names(theirs_));
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i] < theirs_.outputs.size()) pair(ours_.outputs[i], theirs_.outputs[outputs[i]]);
    }
  }

  bool same_operator(ValueId our, ValueId their) const {
    const NodeId a = ours_.value(our).producer, b = theirs_.value(their).producer;
    if (a == kNoNode || b == kNoNode) return a == b;
    return ours_.node(a).op_type == theirs_.node(b).op_type && ours_.node(a).domain == theirs_.node(b).domain;
  }

  // Whether one of the two has a namesake on the other side that fits better than the place in the graph: behind a node
  // that only one side has, places are shifted.
  bool has_namesake(ValueId our, ValueId their) const {
    const ValueId of_our = find(their_names_, ours_.value(our).name);
    const ValueId of_their = find(our_names_, theirs_.value(their).name);
    return (of_our != kNoValue && of_our != their && same_operator(our, of_our)) ||
           (of_their != kNoValue && of_their != our && same_operator(of_their, their));
  }

  void walk() {
    while (!open_.empty()) {
      const auto [our, their] = open_.back();
      open_.pop_back();
      const NodeId a = ours_.value(our).producer, b = theirs_.value(their).producer;
      if (a == kNoNode || b == kNoNode || !same_operator(our, their)) continue;
      const std::vector<ValueId>& our_inputs = ours_.node(a).inputs;
      const std::vector<ValueId>& their_inputs = theirs_.node(b).inputs;
      if (our_inputs.size() != their_inputs.size()) continue;
      for (std::size_t i = 0; i < our_inputs.size(); ++i) {
        if (our_inputs[i] == kNoValue || their_inputs[i] == kNoValue) continue;
        if (!has_namesake(our_inputs[i], their_inputs[i])) pair(our_inputs[i], their_inputs[i]);
      }
    }
  }

  const Graph& ours_;
  const Graph& theirs_;
  Names our_names_;
  Names their_names_;
  std::vector<ValueId> partner_;
  std::vector<bool> taken_;
  std::vector<std::pair<ValueId, ValueId>> open_;  // pairs whose producers are still to be looked at
};

}  // namespace

std::vector<std::size_t> match_by_name(std::span<const std::string> ours, std::span<const std::string> theirs) {
  std::vector<std::size_t> matched(ours.size(), theirs.size());
  std::vector<bool> taken(theirs.size(), false);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const auto found = static_cast<std::size_t>(std::ranges::find(theirs, ours[i]) - theirs.begin());
    if (found == theirs.size() || taken[found]) continue;
    matched[i] = found;
    taken[found] = true;
  }
  std::size_t next = 0;
  for (std::size_t& match : matched) {
    if (match < theirs.size()) continue;
    while (next < theirs.size() && taken[next]) ++next;
    match = next;
    if (next < theirs.size()) taken[next] = true;
  }
  return matched;
}

ValuePairs::ValuePairs(const Graph& ours, const Graph& theirs) : theirs_(Pairing(ours, theirs).made()) {
  for (std::size_t i = 0; i < theirs_.size(); ++i)
    by_name_.emplace(ours.value(static_cast<ValueId>(i)).name, theirs_[i]);
}

ValueId ValuePairs::theirs(std::string_view our_name) const {
  const auto found = by_name_.find(std::string(our_name));
  return found == by_name_.end() ? kNoValue : found->second;
}

}  // namespace kite::cli
